"""Values of slots and choices that come from data, and the language of a message."""

from __future__ import annotations

from .conftest import Open

DOCTORS = """
context:
  doctors: [{name: Lee, synonyms: [dr lee]}, {name: Ruiz}]
  shops: {Center: [downtown], Harbour: []}
  rooms: [101, 102]
slots:
  doctor: {values_from: context.doctors, fuzzy: true, store: context.heard}
nodes:
  - id: doctor
    ask: {text: "Which doctor?", type: slot, slot: doctor, store: context.doctor}
  - id: shop
    ask: {text: "Which shop?", type: choice, values_from: context.shops, store: context.shop}
  - id: room
    ask: {text: "Which room?", type: choice, values_from: context.rooms, store: context.room}
  - say: "{{ context.doctor }} {{ context.shop }} {{ context.room }} {{ context.heard }}"
  - set: {context.doctors: [Novak]}
  - id: again
    ask: {text: "Again?", type: slot, slot: doctor, store: context.doctor}
  - say: "{{ context.doctor }}"
"""


async def test_values_come_from_data(open_turns: Open) -> None:
    """Of the moment; with synonyms and typos, and not where they are denied."""
    async with open_turns(DOCTORS) as bot:
        await bot.says("hi")
        assert await bot.says("not dr lee") == ["Which doctor?"]
        assert await bot.says("doctor ruizz please") == ["Which shop?"]
        rich = bot.outputs[-1]["data"]["rich"]
        assert [reply["title"] for reply in rich["quickReplies"]] == ["Center", "Harbour"]
        assert await bot.says("downtown") == ["Which room?"]
        assert await bot.says("102") == ["Ruiz Center 102 Ruiz", "Again?"]
        assert await bot.says("dr lee") == ["Again?"]
        assert await bot.says("Novak") == ["Novak"]


TWO = """
locales: [en, de-AT]
settings: {detect_locale: SWITCH}
nodes:
  - id: day
    ask:
      text: {en: "Which day?", de-AT: "Welcher Tag?"}
      type: date
      store: context.day
  - say: {en: "Noted.", de-AT: "Notiert."}
"""


async def test_the_session_goes_on_in_the_language_of_a_message(open_turns: Open) -> None:
    """In the locale that the flow has for it; short answers change nothing."""
    async with open_turns(TWO.replace("SWITCH", "true")) as bot:
        assert await bot.says("ich hätte gern einen Termin bei Ihnen") == ["Welcher Tag?"]
        assert (await bot.session())["locale"] == "de-AT"
        assert await bot.says("morgen") == ["Notiert."]
        assert await bot.says("I would like to have an appointment") == ["Which day?"]
        assert await bot.says("je voudrais venir demain chez vous") == ["Which day?"]


async def test_without_the_setting_it_stays(open_turns: Open) -> None:
    """As the endpoint says."""
    async with open_turns(TWO.replace("SWITCH", "false")) as bot:
        assert await bot.says("ich hätte gern einen Termin bei Ihnen") == ["Which day?"]
