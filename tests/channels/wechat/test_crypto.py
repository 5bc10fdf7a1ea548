"""Signatures and envelopes are those of WeChat: another library's are taken, and nobody else's."""

from __future__ import annotations

import base64
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat.crypto import Envelope, EnvelopeBroken, is_signed
from tests.servers.wechat_customers import WechatCustomers, seal, sign

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from wechatpy.crypto import PrpCrypto, WeChatCrypto
    from wechatpy.exceptions import InvalidSignatureException
    from wechatpy.utils import check_signature

APP_ID, KEY = WechatCustomers.app_id, WechatCustomers.aes_key
RAW_KEY = base64.b64decode(KEY + "=")
TOKENS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=3, max_size=32)
PARTS = st.text(st.characters(codec="utf-8"), max_size=40)


@given(message=st.text(st.characters(codec="utf-8"), max_size=300))
def test_what_another_library_seals_is_opened(message: str) -> None:
    sealed = PrpCrypto(RAW_KEY).encrypt(message, APP_ID)

    assert Envelope(KEY, APP_ID).open(sealed.decode()) == message.encode()


@given(message=st.text(st.characters(codec="utf-8"), max_size=300), salt=st.binary(min_size=16, max_size=16))
def test_what_the_local_wechat_seals_is_opened_by_us_and_by_another_library(message: str, salt: bytes) -> None:
    sealed = seal(KEY, APP_ID, message.encode(), salt=salt)

    assert Envelope(KEY, APP_ID).open(sealed) == message.encode()
    assert PrpCrypto(RAW_KEY).decrypt(sealed, APP_ID) == message


@given(token=TOKENS, timestamp=st.integers(0, 2**33), nonce=PARTS)
def test_signatures_are_those_of_another_library(token: str, timestamp: int, nonce: str) -> None:
    signature = sign(token, str(timestamp), nonce)

    check_signature(token, signature, str(timestamp), nonce)
    assert is_signed(signature, token, str(timestamp), nonce)


@given(token=TOKENS, other=TOKENS, timestamp=st.integers(0, 2**33), nonce=PARTS)
def test_another_token_signs_nothing_of_ours(token: str, other: str, timestamp: int, nonce: str) -> None:
    signature = sign(other, str(timestamp), nonce)

    assert is_signed(signature, token, str(timestamp), nonce) == (
        sorted([other, str(timestamp), nonce]) == sorted([token, str(timestamp), nonce])
    )


@given(signature=st.text(max_size=60), parts=st.lists(st.text(max_size=20), max_size=4))
def test_any_text_can_be_held_against_a_signature(signature: str, parts: list[str]) -> None:
    assert not is_signed(signature, *parts)


def test_a_whole_call_of_the_local_wechat_is_read_by_another_library() -> None:
    timestamp, nonce, inside = "1767574800", "nonce-1", "<xml><Content>在吗</Content></xml>"
    sealed = seal(KEY, APP_ID, inside.encode())
    call = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    crypto = WeChatCrypto(WechatCustomers.token, KEY, APP_ID)

    read = crypto.decrypt_message(call, sign(WechatCustomers.token, timestamp, nonce, sealed), timestamp, nonce)

    assert read == inside
    with pytest.raises(InvalidSignatureException):
        crypto.decrypt_message(call, sign("another", timestamp, nonce, sealed), timestamp, nonce)


@pytest.mark.parametrize(
    ("sealed", "why"),
    [
        ("", "blocks"),
        ("¥", "base64"),
        ("abc", "base64"),
        (base64.b64encode(b"x" * 15).decode(), "blocks"),
        (base64.b64encode(b"x" * 64).decode(), "this key"),
        (seal("A" * 43, APP_ID, b"hello"), "this key"),
        (seal(KEY, "wx-of-somebody-else", b"hello"), "another AppID"),
        (seal(KEY, APP_ID + "0", b"hello"), "another AppID"),
    ],
)
def test_what_is_not_sealed_for_us_is_not_opened(sealed: str, why: str) -> None:
    with pytest.raises(EnvelopeBroken, match=why):
        Envelope(KEY, APP_ID).open(sealed)


@given(blocks=st.integers(1, 6).flatmap(lambda count: st.binary(min_size=16 * count, max_size=16 * count)))
def test_noise_is_never_opened_and_never_breaks_us(blocks: bytes) -> None:
    with pytest.raises(EnvelopeBroken):
        Envelope(KEY, APP_ID).open(base64.b64encode(blocks).decode())
