"""What the OpenID provider is asked: where to send somebody, and who it says has come back. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from authlib.oauth2.claims import JWTClaims
from joserfc.errors import JoseError

from services.tracker.sign_on.settings import OidcSettings

Claims = Mapping[str, Any]
CALLBACK = "/sign-in/callback"
LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
PATIENCE = 10.0
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Only these sign: with any other one, whoever knows our secret, or nobody at all, could have written the token."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class NotConfirmed(Exception):
    """The provider did not confirm the answer, or it is not meant for us, or not for this sign-in."""


class Unreachable(Exception):
    """The provider does not answer, or not as a provider does."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where somebody is sent, and what must be the same when they come back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who has come back, by what the provider says of them. `id_token` is needed again to sign out there."""

    claims: Claims
    id_token: str


class _LogoutClaims(JWTClaims):
    """A logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6)."""

    def validate(self, now: float | None = None, leeway: float = 0) -> None:
        super().validate(now, leeway)  # type: ignore[no-untyped-call]
        events = self.get("events")
        if not isinstance(events, dict) or LOGOUT_EVENT not in events or "nonce" in self:
            raise NotConfirmed("this is no logout token")
        if not (self.get("sub") or self.get("sid")):
            raise NotConfirmed("the token names nobody")


class OpenIdProvider:
    """The house's OpenID provider.

    Args:
        settings: with an issuer.
    """

    def __init__(self, settings: OidcSettings) -> None:
        assert settings.issuer, "without an issuer there is no provider"
        self.settings = settings
        secret = settings.client_secret
        self._client = OAuth().register(
            "provider",
            client_id=settings.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            server_metadata_url=settings.issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.scope,
                "code_challenge_method": "S256",
                "timeout": PATIENCE,
                "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
            },
        )

    async def depart(self) -> Departure:
        """Return where to send somebody who wants to sign in. Raises `Unreachable`."""
        await self._metadata()
        made = await self._client.create_authorization_url(self.settings.address(CALLBACK))
        return Departure(made["url"], made["state"], made["nonce"], made["code_verifier"])

    async def arrive(self, code: str, departure: Departure) -> Arrival:
        """Return who has come back with a code. Raises `NotConfirmed`, `Unreachable`."""
        await self._metadata()
        try:
            tokens = await self._client.fetch_access_token(
                redirect_uri=self.settings.address(CALLBACK), code=code, code_verifier=departure.verifier
            )
        except httpx2.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        except (AuthlibBaseError, ValueError) as error:
            raise NotConfirmed(type(error).__name__) from error
        return Arrival(await self.confirm(tokens, departure.nonce), str(tokens["id_token"]))

    async def confirm(self, tokens: Mapping[str, Any], nonce: str) -> Claims:
        """Return what an ID token claims, once signature, issuer, audience, times and nonce are right.

        Raises:
            NotConfirmed, Unreachable.
        """
        return await self._verified(tokens, nonce=nonce, claims_options=self._expected())

    async def signed_out(self, logout_token: str) -> Claims:
        """Return whom a logout token of the provider signs out (`sub`, `sid`). Raises `NotConfirmed`, `Unreachable`."""
        options = self._expected() | {"iat": {"essential": True}, "jti": {"essential": True}}
        return await self._verified(
            {"id_token": logout_token}, nonce=None, claims_cls=_LogoutClaims, claims_options=options
        )

    async def sign_out_url(self, id_token: str) -> str | None:
        """Return where to send somebody to be signed out there as well, or None where the provider cannot do that."""
        try:
            metadata = await self._metadata()
        except Unreachable:
            return None
        if not metadata.get("end_session_endpoint"):
            return None
        back = self.settings.address("/sign-in")
        made = await self._client.create_logout_url(post_logout_redirect_uri=back, id_token_hint=id_token)
        return str(made["url"])

    async def _verified(self, tokens: Mapping[str, Any], **how: Any) -> Claims:
        if not isinstance(tokens.get("id_token"), str):
            raise NotConfirmed("there is no token")
        await self._metadata()
        try:
            return dict(await self._client.parse_id_token(tokens, leeway=LEEWAY, **how))
        except httpx2.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
            raise NotConfirmed(type(error).__name__) from error

    def _expected(self) -> dict[str, dict[str, Any]]:
        return {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }

    async def _metadata(self) -> dict[str, Any]:
        """Return what the provider says of itself; asked once. Raises `Unreachable`, also if it is another issuer."""
        try:
            found: dict[str, Any] = await self._client.load_server_metadata()
        except (httpx2.HTTPError, ValueError) as error:
            raise Unreachable(type(error).__name__) from error
        if found.get("issuer") != self.settings.issuer:
            raise Unreachable("the provider calls itself by another issuer")
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = [name for name in offered if name in ASYMMETRIC] or ["RS256"]
        return found
