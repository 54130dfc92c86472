"""The warehouse's door: scan or type, see what is expected, look at it unit by unit. Nothing of whom it comes from.

Works with a scanner that types like a keyboard and on a phone; every page is plain forms and links.
"""

from typing import Any

from madoguchi.front.warehouse import inspection, lists, reception, sign_in, strays

ROUTES: list[Any] = [
    sign_in.show_sign_in,
    sign_in.sign_in,
    sign_in.sign_out,
    lists.show_queue,
    lists.scan,
    reception.show,
    reception.receive,
    inspection.show,
    inspection.inspect,
    inspection.photo,
    strays.show,
    strays.put_aside,
    strays.find_out,
]
