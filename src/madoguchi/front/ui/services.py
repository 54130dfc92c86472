"""What a door may use: built once by app.py, handed to every handler. Doors never import app."""

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID

import msgspec

from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.people.tokens import Secrets
from madoguchi.core.shop.port import StorePort
from madoguchi.front.ui.feeds import Feeds
from madoguchi.front.ui.render import Pages
from madoguchi.front.ui.sessions import SessionBook
from madoguchi.kit.db import Database
from madoguchi.kit.files import Files
from madoguchi.kit.live import Hub
from madoguchi.kit.security import RateLimit, Seats, Signer, Vault
from madoguchi.kit.settings import Settings
from madoguchi.service.refunds.port import PaymentPort


class Limits(msgspec.Struct, frozen=True):
    """How often somebody may do something, by kind of act; and how many streams may be open for one."""

    write: RateLimit
    open: RateLimit
    sign_in: RateLimit
    upload: RateLimit
    visit: RateLimit
    arrive: RateLimit
    streams: Seats


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The program as a door sees it. `bot_due` starts the bot's turn on a case after a commit."""

    settings: Settings
    db: Database
    hub: Hub
    signer: Signer
    catalogue: Catalogue
    stores: Mapping[str, StorePort]
    providers: Mapping[str, PaymentPort]
    vault: Vault
    sessions: SessionBook
    pages: Pages
    feeds: Feeds
    files: Files
    limits: Limits
    shop_secrets: Secrets
    bot_due: Callable[[UUID], asyncio.Task[None]]
    demo: bool = False
