"""Settings of single sign-on, from the environment (prefix CDI_QUERY_OIDC_)."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.vocabulary import UserRole
from services.foundation.settings import LOOPBACK


class OidcSettings(BaseSettings):
    """How people sign in with the accounts of the house. Without `issuer`, they do not.

    `public_url` is the address of the pages as browsers see it. `client_secret` may be left out for a public client.
    `user_claim` names who somebody is here when they come for the first time: the user whose id (for the claim `email`:
    whose verified address) it is gets linked; without it only users that are linked already, or created, come in.
    `roles` maps what `role_claim` holds to our roles, which then are taken over at each sign-in; without it they are
    what an administrator gave. Claims of claims are named with dots (`realm_access.roles`).
    """

    model_config = SettingsConfigDict(env_prefix="CDI_QUERY_OIDC_", frozen=True, extra="ignore")

    issuer: str | None = None
    client_id: str = "cdi-query"
    client_secret: SecretStr | None = None
    public_url: str = ""
    name: str = Field(default="single sign-on", min_length=1, max_length=60)
    scope: str = "openid profile email"
    user_claim: str | None = None
    role_claim: str = "roles"
    roles: dict[str, UserRole] = Field(default_factory=dict)
    provider_claim: str | None = None
    unknown_users: Literal["refuse", "create"] = "refuse"
    local_accounts: bool = True

    @field_validator("issuer", "public_url")
    @classmethod
    def _is_encrypted(cls, value: str | None) -> str | None:
        if value:
            parts = urlsplit(value)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
                raise ValueError("must begin with https:// (http:// on this machine only)")
        return value

    @field_validator("roles")
    @classmethod
    def _are_for_people(cls, value: dict[str, UserRole]) -> dict[str, UserRole]:
        if "service" in value.values():
            raise ValueError("nobody signs in as a service")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> OidcSettings:
        if self.issuer and not self.public_url:
            raise ValueError("public_url is needed with an issuer")
        if self.issuer and self.unknown_users == "create" and not self.roles:
            raise ValueError("users can be created only with roles that their claims give them")
        return self

    def address(self, path: str) -> str:
        """Return one of our own addresses, as the provider must know it."""
        return self.public_url.rstrip("/") + path
