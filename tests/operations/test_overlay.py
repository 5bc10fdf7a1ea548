"""Everything that a shop changes lies in shop/: an upgrade meets no edited file, and a wrong file is named."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load
from bot.wiring import build_dialogue, build_policy
from care.policy import PolicyError
from flows.engine.marks import FlowError
from flows.replies import ReplyError
from flows.standard import load_standard
from nlu.training import model_key
from tests.bot.commands import Shuke
from tests.operations.test_upgrading import write

REPOSITORY = Path(__file__).parents[2]


class TestEachKindCanBeOverlaid:
    def test_settings_key_by_key(self, root: Path) -> None:
        write(root / "config.yml", "shop: {zone: Asia/Shanghai, currency: CNY}\n")
        write(root / "shop/config.yml", "shop: {zone: Europe/London}\nvar: elsewhere\n")

        settings = load(environment={"SHUKE_ROOT": str(root), "SHUKE_SHOP__LANGUAGE": "en"})

        assert (settings.shop.zone, settings.shop.currency, settings.shop.language) == ("Europe/London", "CNY", "en")
        assert settings.var == root / "elsewhere"

    def test_the_environment_wins_over_the_shops_settings(self, root: Path) -> None:
        write(root / "shop/config.yml", "shop: {zone: Europe/London}\n")

        settings = load(environment={"SHUKE_ROOT": str(root), "SHUKE_SHOP__ZONE": "Asia/Tokyo"})

        assert settings.shop.zone == "Asia/Tokyo"

    def test_a_settings_file_that_is_named_stands_alone(self, root: Path) -> None:
        write(root / "shop/config.yml", "shop: {zone: Europe/London}\n")
        write(root / "other.yml", "shop: {currency: GBP}\n")

        settings = load(root / "other.yml", environment={"SHUKE_ROOT": str(root)})

        assert (settings.shop.zone, settings.shop.currency) == ("Asia/Shanghai", "GBP")

    def test_sentences(self, root: Path) -> None:
        ours = load_standard()
        write(root / "shop/flows/replies/zh.yml", "replies:\n  greet: 欢迎光临熟客茶铺。\n")

        theirs = load_standard(root / "shop/flows")

        assert theirs.replies.needs("greet", "zh") != ours.replies.needs("greet", "zh")

    def test_flows(self, root: Path) -> None:
        default = REPOSITORY / "flows/inquiries/ask_store_info.yml"
        write(root / "shop/flows/inquiries/ask_store_info.yml", default.read_text(encoding="utf-8"))

        assert load_standard(root / "shop/flows").problems() == []

    def test_knowledge(self, root: Path) -> None:
        ours = REPOSITORY / "flows/knowledge/opening_hours.md"
        text = ours.read_text(encoding="utf-8").replace("其他时间我在", "周一休息")
        write(root / "shop/flows/knowledge/opening_hours.md", text)

        knowledge = load_standard(root / "shop/flows").knowledge

        hours = knowledge.by_id("opening_hours", today=date(2026, 11, 23))
        assert hours is not None
        assert "周一休息" in hours.body["zh"]
        assert len(list(knowledge.entries)) == len(list(load_standard().knowledge.entries))

    def test_rules_of_care(self, root: Path) -> None:
        write(root / "shop/care/ours.yml", "birthday: off\n")

        assert "birthday" not in build_policy(load()).rules

    def test_examples_for_the_nlu_make_another_model(self, root: Path) -> None:
        before = model_key(overlay=root / "shop/nlu")
        write(
            root / "shop/nlu/data/zh/ours.yml", 'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - 掌柜的\n'
        )

        assert model_key(overlay=root / "shop/nlu") != before


class TestAWrongFileIsNamed:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("shop: {zone: Nowhere}\n", r"^shop/config\.yml: shop\.zone: is no time zone"),
            ("shop: {zoen: Asia/Tokyo}\n", r"^shop/config\.yml: shop\.zoen: there is no such key; did you mean zone\?"),
            ("shpo: {}\n", r"^shop/config\.yml: shpo: there is no such key; did you mean shop\?"),
            ("shop: [\n", r"^shop/config\.yml:2: is not YAML"),
            ("shop: 5\n", r"^shop/config\.yml: shop: has to hold keys and values"),
            ("telegram: {token: x}\n", r"^shop/config\.yml: telegram\.token: a secret does not belong into a file"),
        ],
    )
    def test_settings(self, root: Path, text: str, told: str) -> None:
        write(root / "shop/config.yml", text)

        with pytest.raises(SettingsError, match=told):
            load(environment={"SHUKE_ROOT": str(root)})

    def test_sentences(self, root: Path) -> None:
        write(root / "shop/flows/replies/zh.yml", "replies: 5\n")

        with pytest.raises((FlowError, ReplyError), match=r"replies/zh\.yml"):
            load_standard(root / "shop/flows")

    def test_flows(self, root: Path, shuke: Shuke) -> None:
        write(root / "shop/flows/loyalty/ours.yml", "flows: 5\n")

        ended = shuke("flows", "check")

        assert ended.code == 2
        assert "loyalty/ours.yml:1" in ended.err

    def test_knowledge(self, root: Path, shuke: Shuke) -> None:
        write(root / "shop/flows/knowledge/ours.md", "---\nid: ours\n---\n# zh\n\n好\n")

        ended = shuke("flows", "check")

        assert ended.code == 2
        assert "knowledge/ours.md:2: " in ended.err

    def test_a_folder_of_knowledge_that_is_not_there(self, root: Path) -> None:
        settings = load(environment={"SHUKE_ROOT": str(root), "SHUKE_FLOWS__KNOWLEDGE__FOLDER": "nowhere"})

        with pytest.raises(SettingsError, match=r"^flows\.knowledge\.folder: there is no folder nowhere; make it"):
            build_dialogue(settings)

    def test_knowledge_that_is_no_longer_valid_is_told_and_nothing_to_mend(self, root: Path, shuke: Shuke) -> None:
        text = (REPOSITORY / "flows/knowledge/opening_hours.md").read_text(encoding="utf-8")
        write(root / "shop/flows/knowledge/opening_hours.md", text.replace("asks:", "valid_until: 2026-01-31\nasks:"))

        ended = shuke("flows", "check", "--walks", "0")

        assert ended.code == 0
        assert "opening_hours.md:2: not used since 2026-01-31: it is no longer valid" in ended.err

    @pytest.mark.parametrize(
        "text", ["birthdya: off\n", "ours: {on: birthday}\n", "ours: {on: birthday, purpose: care, say: lost}\n"]
    )
    def test_rules_of_care(self, root: Path, text: str) -> None:
        write(root / "shop/care/ours.yml", text)

        with pytest.raises((FlowError, PolicyError), match=r'care/ours\.yml:1|care rule "ours"'):
            build_policy(load())


def test_git_neither_sees_nor_touches_what_a_shop_puts_there() -> None:
    told = subprocess.run(
        ["git", "check-ignore", "shop/config.yml", "shop/flows/replies/zh.yml", "var/shuke.db"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=20,
    )  # fmt: skip

    assert told.stdout.split() == ["shop/config.yml", "shop/flows/replies/zh.yml", "var/shuke.db"]
