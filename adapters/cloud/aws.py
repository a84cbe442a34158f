"""One call of Amazon's Elastic Load Balancing API (2015-12-01), signed by botocore, within one deadline.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from pydantic import AfterValidator

from adapters import http
from adapters.cloud.aws_query import child_text, fields_of, read
from adapters.cloud.aws_signing import AwsIdentity, Signer
from bot.domain.kinds import Environment
from bot.domain.planning.fields import misread
from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault

API = "2015-12-01"
SERVICE = "elasticloadbalancing"


def _endpoint(value: str) -> str:
    if not value.startswith(("https://", "http://", "${")):
        raise misread("an endpoint begins with https:// or http://", "write https://vpce-….vpce.amazonaws.com")
    if "@" in value.partition("://")[2].partition("/")[0]:
        raise misread("an address holds no user or password", "name them by access_key_env and secret_key_env")
    return value.rstrip("/")


class AwsOptions(AwsIdentity):
    """Who we are at Amazon, and where its API is; its own address unless said."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None


class LoadBalancing:
    """The API of one region. `place` is what people call what is asked about; no secrets."""

    def __init__(self, options: AwsOptions, environment: Environment, partition: str, region: str, place: str) -> None:
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        self._url = f"{options.endpoint or f'https://{SERVICE}.{region}.{suffix}'}/"
        self._signer = Signer(options, environment, SERVICE, region)
        self._client = http.client(deadline_s=options.timeout.total_seconds(), kept_open=2)
        self._place = place

    async def call(self, action: str, parameters: Mapping[str, str]) -> Element:
        """The result of one action. Raises OutOfReach, Denied or Nonsense; nothing is retried."""
        body = urlencode({"Action": action, "Version": API, **parameters})
        headers, secrets = await self._signer.signed(self._url, body)
        answer = await http.fetch(self._client, "POST", self._url, content=body, headers=headers, expect=range(600))
        if answer.status != 200:
            raise _refused(answer.status, answer.text, action, self._place, secrets)
        try:
            page = read(answer.text)
        except ValueError as error:
            raise Nonsense(f"{self._place}: AWS answered something that isn't its XML") from error
        result = fields_of(page).get(f"{action}Result")
        if result is None:
            raise Nonsense(f"{self._place}: AWS answered something other than what {action} answers")
        return result

    async def aclose(self) -> None:
        await self._client.aclose()


def _refused(status: int, text: str, action: str, place: str, secrets: Collection[str]) -> OutsideFault:
    """Our fault for an answer that isn't 200, by the code that AWS gives it."""
    if 300 <= status < 400:
        return Denied(f"{place}: {action} was answered {status}, a redirect, which is not followed")
    code, message = _error(text)
    said = http.excerpt(message or text, secrets)
    if code in _TOO_MUCH or status == 429:
        return OutOfReach(f"{place}: AWS is asked too much ({code or status}); tried again later")
    if status >= 500:
        return OutOfReach(f"{place}: AWS answered {action} with {status}" + (f" {code}" if code else ""))
    if code in _FORBIDDEN:
        return Denied(
            f"{place}: AWS doesn't allow {SERVICE}:{action} ({code}); deploy/aws-alb-policy.json has the policy"
        )
    if code in _UNKNOWN_TO_IT:
        return Denied(f"{place}: AWS doesn't know us ({code}): look at the credentials, and at this machine's clock")
    if code.endswith("NotFound"):
        return Denied(f"{place}: AWS has no such thing ({code}): {said}")
    return Denied(f"{place}: AWS refuses {action} ({code or status}): {said}")


def _error(text: str) -> tuple[str, str]:
    """`<ErrorResponse><Error><Code>…`: code and message, empty where they aren't given."""
    try:
        error = fields_of(read(text)).get("Error")
    except ValueError:
        error = None
    return ("", "") if error is None else (child_text(error, "Code"), child_text(error, "Message"))


_TOO_MUCH = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException"}
    | {"RequestThrottled", "SlowDown", "PriorRequestNotComplete"}
)
_FORBIDDEN = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "OperationNotPermitted"}
)
_UNKNOWN_TO_IT = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "IncompleteSignature"}
    | {"MissingAuthenticationToken", "MissingAuthenticationTokenException", "ExpiredToken", "ExpiredTokenException"}
    | {"RequestExpired", "OptInRequired", "InvalidSignatureException"}
)
