"""The sellers' door: what customers ask them, by when an answer is due, and how well they answer. Only their own.

A seller meets customers by alias and never learns who they are; every page works as plain forms and links.
"""

from typing import Any

from madoguchi.front.seller import claims, figures, live, sign_in, threads

ROUTES: list[Any] = [
    sign_in.show_sign_in,
    sign_in.sign_in,
    sign_in.sign_out,
    live.live,
    threads.show_waiting,
    threads.waiting_again,
    threads.show_answered,
    threads.show_thread,
    threads.thread_again,
    threads.answer,
    threads.attach,
    threads.photo,
    claims.show_claims,
    claims.claims_again,
    claims.show_claim,
    claims.answer_claim,
    claims.claim_photo,
    figures.show,
]
