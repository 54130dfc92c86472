"""The shop's word that somebody is signed in there: a short-lived JWS (HS256 or EdDSA), checked claim by claim."""

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, OKPKey

from madoguchi.core.people.rules import SHOP_TOKEN_LIFE
from madoguchi.kit import ids
from madoguchi.kit.errors import Refused

AUDIENCE = "madoguchi"
DERIVED_KID = "shared"
_LEEWAY = timedelta(seconds=60)


Secrets = Callable[[str], bytes]


class KeyName(NamedTuple):
    """Whose key, and which of theirs."""

    store_id: str
    kid: str


class ShopToken(msgspec.Struct, frozen=True):
    """What a good token says: which customer of which store, and the id that makes it good for once."""

    store_id: str
    customer_ref: str
    jti: str
    expires_at: datetime


def shared_secret(installation_key: bytes, store_id: str) -> bytes:
    """The HS256 secret a shop signs with (32 bytes), derived so that it stands in no table."""
    return hmac.digest(installation_key, f"shop-token:{store_id}".encode(), hashlib.sha256)


def is_public_key(jwk: dict[str, Any]) -> bool:
    """Whether this is a public Ed25519 key, and nothing that should stay secret."""
    try:
        return "d" not in jwk and jwk.get("crv") == "Ed25519" and bool(OKPKey.import_key(jwk))
    except (JoseError, ValueError, TypeError, KeyError):
        return False


def issue(secret: bytes, store_id: str, customer_ref: str, now: datetime) -> str:
    """A token as the shop's own server makes it; the demo's shop page and tests use it."""
    claims = {
        "iss": store_id,
        "aud": AUDIENCE,
        "sub": customer_ref,
        "jti": str(ids.uuid7()),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=5)).timestamp()),
    }
    return jwt.encode({"alg": "HS256", "kid": DERIVED_KID}, claims, OctKey.import_key(secret))


def key_of(token: str) -> KeyName:
    """The key with which a token says that it is signed; Refused("shop_token_bad") where it says nothing."""
    try:
        header_part, body_part, _ = token.split(".")
        kid = msgspec.json.decode(_unbase64(header_part)).get("kid", DERIVED_KID)
        return KeyName(str(msgspec.json.decode(_unbase64(body_part))["iss"]), str(kid))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused("shop_token_bad", 401) from error


def read(token: str, secrets: Secrets, key: dict[str, Any] | None, now: datetime) -> ShopToken:
    """The claims of a token, or Refused("shop_token_bad").

    `secrets` gives the HS256 secret of a store; `key` is the public EdDSA JWK that the token names (key_of), if there
    is one. The signature's algorithm is fixed by the key, never chosen by the token.
    """
    try:
        claims = _verified(token, secrets, key)
        life = _times(claims, now)
        if claims.get("aud") != AUDIENCE or not claims.get("sub") or not claims.get("jti"):
            raise Refused("shop_token_bad", 401)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Refused("shop_token_bad", 401) from error
    return ShopToken(str(claims["iss"]), str(claims["sub"]), str(claims["jti"])[:200], life)


def _verified(token: str, secrets: Secrets, key: dict[str, Any] | None) -> dict[str, Any]:
    named = key_of(token)
    if named.kid == DERIVED_KID:
        return dict(jwt.decode(token, OctKey.import_key(secrets(named.store_id)), algorithms=["HS256"]).claims)
    if key is None:
        raise KeyError(named)
    return dict(jwt.decode(token, OKPKey.import_key(key), algorithms=["EdDSA", "Ed25519"]).claims)


def _times(claims: dict[str, Any], now: datetime) -> datetime:
    expires = datetime.fromtimestamp(int(claims["exp"]), UTC)
    issued = datetime.fromtimestamp(int(claims["iat"]), UTC)
    too_long = expires - issued > SHOP_TOKEN_LIFE
    not_yet = issued > now + _LEEWAY or ("nbf" in claims and int(claims["nbf"]) > now.timestamp() + 60)
    if expires <= now or too_long or not_yet:
        raise ValueError("times")
    return expires


def _unbase64(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
