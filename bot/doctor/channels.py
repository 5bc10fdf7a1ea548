"""The platforms: do they know us, and do they call us where we listen?"""

from __future__ import annotations

from bot.channels.telegram.client import TelegramBot, known_account
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.wechat.client import CredentialsRejected, WechatClient
from bot.doctor.finding import Finding, ok, problem, warning
from bot.errors import ChannelError, ShukeError


async def telegram(settings: TelegramSettings | None, bot: TelegramBot | None) -> Finding:
    """Ask Telegram who we are, and where it sends what customers write."""
    if settings is None or bot is None:
        return ok("telegram", "is not set up")
    try:
        account = await known_account(bot)
    except ShukeError as exc:
        return problem("telegram", str(exc), "look at SHUKE_TELEGRAM_TOKEN and the way to telegram.api_base_url")
    told = f"is @{account.name}"
    if settings.mode == "polling" and account.webhook:
        return warning("telegram", f"{told}, and a webhook is set while we poll", "start Shuke: polling takes it away")
    if settings.mode == "webhook" and account.webhook != settings.webhook_url:
        return problem("telegram", f"{told}, and calls another address than telegram.webhook_url", "start Shuke again")
    if account.call_failed:
        return warning("telegram", f"{told}; its last call failed", "look at the proxy and its certificate")
    return ok("telegram", f"{told}, {account.waiting} messages wait there")


async def wechat(client: WechatClient | None) -> Finding:
    """Ask WeChat for a token."""
    if client is None:
        return ok("wechat", "is not set up")
    try:
        await client.check()
    except CredentialsRejected as exc:
        return problem("wechat", "gives no token", exc.mend)
    except ChannelError as exc:
        return problem("wechat", str(exc), "look at wechat.api_base_url and the way to it")
    return ok("wechat", "gives a token")
