"""What may stand in config.yaml, and what it becomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flowhook.config import Config, RateLimit, RateLimitsConfig, config_from_mapping, load_config, read_config
from flowhook.errors import ConfigError
from flowhook.problems.problem import Problem
from flowhook.runtime.project.blocked_addresses import blocked_addresses

ROOT = Path(__file__).parent.parent


def read(tmp_path: Path, text: str, **environ: str) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(text, "utf-8")
    return load_config(path, environ)


def wrong(tmp_path: Path, text: str, **environ: str) -> list[Problem]:
    """The problems of a configuration that is refused."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, **environ)
    return caught.value.problems


def told(tmp_path: Path, text: str, **environ: str) -> list[str]:
    """The problems, short."""
    return [f"{p.line}:{p.column} {p.code}: {p.text}" for p in wrong(tmp_path, text, **environ)]


def endpoint(**keys: Any) -> str:
    """A configuration with one endpoint, on one line, that begins at column 13."""
    return "endpoints: [" + json.dumps({"name": "a", "flow": "f", **keys}) + "]"


def test_the_shipped_example_loads() -> None:
    """config.yaml of the repository needs nothing from the environment."""
    config, problems = read_config(ROOT / "config.yaml", {})
    assert problems == []
    assert config is not None
    pizza = config.endpoints[0]
    assert (pizza.name, pizza.token, pizza.flow) == ("pizza", "demo-pizza", "pizza")
    assert config.outgoing.allow == ["127.0.0.1:9000"]
    assert config.connections["crm"].base_url == "http://127.0.0.1:9000"


def test_the_shipped_example_shows_every_key_with_its_default() -> None:
    """Each key is written out, and apart from what the example needs, with its default."""
    config = load_config(ROOT / "config.yaml", {})
    bare = config_from_mapping({"endpoints": [{"name": "pizza", "flow": "pizza"}]}, ROOT)
    assert config.document is not None
    for key in config.document.data["endpoints"][0].keys() ^ type(config.endpoints[0]).model_fields.keys():
        pytest.fail(f"endpoints: {key}")
    assert config.document.data.keys() == Config.model_fields.keys()
    chosen = {"token": "demo-pizza", "webhook": config.endpoints[0].webhook}
    assert config.endpoints[0] == bare.endpoints[0].model_copy(update=chosen)
    needed = {"vars", "connections", "outgoing", "endpoints"}
    for key in Config.model_fields.keys() - needed:
        assert getattr(config, key) == getattr(bare, key), key
    for section, model in [("server", config.server), ("retention", config.retention), ("log", config.log)]:
        assert config.document.data[section].keys() == type(model).model_fields.keys()


def test_nothing_at_all_is_a_configuration(tmp_path: Path) -> None:
    """An empty file means the defaults."""
    config = read(tmp_path, "")
    assert (config.server.host, config.server.port, config.endpoints) == ("127.0.0.1", 8000, [])
    assert config.retention.sessions == 7 * 86400
    assert config.server.max_body == 256 * 1024


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Flows and plugins lie beside the file, wherever one stands."""
    config = read(tmp_path, "{flows: my/flows, plugins: {directory: ext}}")
    assert config.root == tmp_path
    assert config.flows_dir == tmp_path / "my/flows"
    assert config.plugins_dir == tmp_path / "ext"
    assert config.state_dir == tmp_path / ".flowhook"


@pytest.mark.parametrize(
    ("written", "seconds"), [("500ms", 0.5), ("10s", 10), ("5m", 300), ("2h", 7200), ("7d", 604800), ("0", 0)]
)
def test_durations_are_seconds(tmp_path: Path, written: str, seconds: float) -> None:
    """Durations are written with a unit and read as seconds."""
    config = read(tmp_path, f"retention: {{traces: {written}}}")
    assert config.retention.traces == seconds


def test_never_sizes_and_rates(tmp_path: Path) -> None:
    """never is None, sizes are bytes, a rate is a count and seconds."""
    config = read(tmp_path, endpoint(session={"expires_after": "never"}, rate_limit="1000/5m"))
    assert config.endpoints[0].session.expires_after is None
    assert config.endpoints[0].rate_limit == RateLimitsConfig(caller=RateLimit(1000, 300.0))
    config = read(tmp_path, "{server: {max_body: 1MiB}, " + endpoint(session={"expires_after": "30d"}) + "}")
    assert config.endpoints[0].session.expires_after == 30 * 86400
    assert config.server.max_body == 1024**2


def test_the_public_address_follows_host_and_port(tmp_path: Path) -> None:
    """public_url need not repeat what host and port say."""
    assert read(tmp_path, "server: {port: 9}").server.public_url == "http://127.0.0.1:9"
    assert read(tmp_path, "server: {host: '::'}").server.public_url == "http://[::1]:8000"
    assert (
        read(tmp_path, "server: {public_url: 'https://b.example'}").server.public_url == "https://b.example"
    )


def test_variables_are_replaced_and_then_read_by_the_key(tmp_path: Path) -> None:
    """${NAME} stands inside any string, after parsing, and becomes what its key asks for."""
    text = 'server: {port: "${PORT}", public_metrics: "${OPEN:-true}"}\n'
    text += 'vars: {a: "x${A}y$$z${B:-d}$", b: "${PORT}"}\n'
    config = read(tmp_path, text, PORT="80", A='": [')
    assert (config.server.port, config.server.public_metrics) == (80, True)
    assert config.vars == {"a": 'x": [y$zd$', "b": "80"}


def test_an_empty_variable_takes_the_default(tmp_path: Path) -> None:
    """:- works as in a shell: for unset and for empty ones."""
    assert read(tmp_path, "admin_key: ${K:-x}", K="").admin_key == "x"
    assert read(tmp_path, "admin_key: ${K}", K="").admin_key == ""


def test_missing_variables_are_told_at_their_place(tmp_path: Path) -> None:
    """A variable that is not set and has no default is an error, once."""
    (problem,) = wrong(tmp_path, "log:\n  level: ${LEVEL}\n")
    assert (problem.code, problem.line, problem.column) == ("missing-variable", 2, 10)
    assert "LEVEL" in problem.message
    assert told(tmp_path, "admin_key: ${a b}") == ["1:12 bad-value: this is no name of a variable"]


def test_what_a_variable_held_is_never_told(tmp_path: Path) -> None:
    """Errors show what is written in the file, not the secret that came in."""
    text = 'server: {port: "${S}"}\nadmin_key: ${S}\nlog: {level: "${S}"}\n'
    text += 'connections: {c: {base_url: "${S}"}}\n'
    text += endpoint(token="${S}", rate_limit="${S}", webhook={"timeout": "${S}", "url": "${S}"}) + "\n"
    problems = wrong(tmp_path, text + 'storage: "${S}"\ntimezone: "${S}"\nflow: x\n', S="hush hush\n")
    assert len(problems) == 11
    assert not any("hush" in f"{p.message} {p.hint}" for p in problems)


def test_unknown_keys_are_errors_but_extensions_are_free(tmp_path: Path) -> None:
    """x- keys are a home for anchors at the top, and only there."""
    text = "x-hook: &h {timeout: 3s}\nendpoints: [{name: a, flow: f, webhook: *h}]\n"
    assert read(tmp_path, text).endpoints[0].webhook.timeout == 3
    assert told(tmp_path, "srever: {}\nserver: {x-a: 1, prot: 1}") == [
        '1:1 unknown-key: unknown key "srever"; did you mean "server"?',
        '2:10 unknown-key: unknown key "x-a"',
        '2:18 unknown-key: unknown key "prot"; did you mean "port"?',
    ]


@pytest.mark.parametrize(
    "text",
    [
        "server: {port: 65536}",
        "server: {port: true}",
        "server: {max_body: 5 apples}",
        "server: {max_body: 0}",
        "server: {public_metrics: yes}",
        "server: {trusted_proxies: [example]}",
        "server: {cors_origins: [shop.example]}",
        "timezone: Mars/Base",
        "timezone: ../etc/passwd",
        "retention: {traces: 5 weeks}",
        "retention: {traces: -5}",
        "retention: {traces: nan}",
        "retention: {traces: never}",
        "log: {level: loud}",
        "flows: ''",
        "connections: {crm: {}}",
        "connections: {crm: {base_url: 'file:///etc'}}",
        'connections: {crm: {base_url: "http://a", bearer: "x\\ny"}}',
        "outgoing: {allow: ['a b']}",
        "outgoing: {allow: ['127.0.0.1:0']}",
        "outgoing: {allow: [300.1.1.1]}",
        "storage: mysql://x",
        "storage: postgresql://db",
        "storage: postgres://db/x",
        "storage: flowhook.db",
        endpoint(name=""),
        endpoint(token="ab"),
        endpoint(token="a/b/c"),
        endpoint(token="x" * 129),
        endpoint(token="inject"),
        endpoint(token="_mine"),
        endpoint(auth="basic"),
        endpoint(locale="not a locale"),
        endpoint(webhook={"url": "ftp://a"}),
        endpoint(webhook={"user": "a:b"}),
        endpoint(webhook={"retries": []}),
        endpoint(webhook={"retries": ["1s"] * 21}),
        endpoint(webhook={"timeout": 0}),
        endpoint(webhook={"secret": {"a": 1}}),
        endpoint(webhook={"secret": "whsec_!!"}),
        endpoint(webhook={"secret": ["good", "whsec_"]}),
        endpoint(transformers={"use": [{"a": {}, "b": {}}]}),
        endpoint(session={"expires_after": "soon"}),
        endpoint(session={"concurrency": "both"}),
        endpoint(rate_limit="0/5m"),
        endpoint(rate_limit="1000"),
        "endpoints: [{name: a}]",
        "- a list",
    ],
)
def test_values_that_mean_nothing_are_refused(tmp_path: Path, text: str) -> None:
    """A value outside what its key means is one problem with a place."""
    (problem,) = wrong(tmp_path, text)
    assert problem.code in ("bad-value", "missing")
    assert problem.file == str(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    "text",
    [
        endpoint(copilot={"url": "x"}),
    ],
)
def test_what_comes_later_is_refused_by_name(tmp_path: Path, text: str) -> None:
    """A key of a later version is never accepted and then ignored."""
    assert {problem.code for problem in wrong(tmp_path, text)} == {"missing", "unknown-key"}


def test_defaults_of_what_comes_later_may_be_written_out(tmp_path: Path) -> None:
    """The defaults that the reference shows are accepted."""
    translation = {
        "provider": "deepl",
        "user_language": "auto",
        "flow_language": "en",
        "detect_inputs": 3,
        "no_translation_marker": "**",
        "always_remove_markers": False,
        "translate_payloads": True,
    }
    privacy = {"contact_profiles": False, "mask_ip": False, "sanitize_input": True}
    config = read(
        tmp_path,
        endpoint(handover="desk", translation=translation, privacy=privacy, snapshot=None, copilot=None),
    )
    assert config.warnings == []
    read(tmp_path, endpoint(rich_format="cognigy", events={"url": ""}, nlu="rasa", locale="de-CH"))


def test_endpoints_are_told_apart(tmp_path: Path) -> None:
    """Names and tokens are unique; endpoints without a token do not collide."""
    text = "endpoints:\n- {name: a, flow: f, token: one}\n- {name: b, flow: f, token: one}\n"
    text += "- {name: a, flow: f}\n"
    assert told(tmp_path, text) == [
        "3:29 duplicate: two endpoints have this token; the first on line 2",
        "4:10 duplicate: two endpoints have this name; the first on line 2",
    ]
    text = "endpoints: [{name: a, flow: f, token: one, inject_token: one}]"
    assert told(tmp_path, text) == ["1:58 duplicate: two endpoints have this token; the first on line 1"]
    text = "endpoints: [{name: a, flow: f}, {name: b, flow: f, token: ''}]"
    assert [endpoint.token for endpoint in read(tmp_path, text).endpoints] == [None, None]


def test_short_tokens_need_a_word_on_a_public_host(tmp_path: Path) -> None:
    """A token that can be guessed is refused where strangers can try, unless it is meant."""
    public = "server: {host: 0.0.0.0}\n"
    (problem,) = wrong(tmp_path, public + endpoint(token="demo"))
    assert (problem.code, problem.line) == ("weak-token", 2)
    assert read(tmp_path, public + endpoint(token="demo", weak_token=True))
    assert read(tmp_path, public + endpoint(token="x" * 16))
    assert read(tmp_path, public + endpoint())
    (problem,) = wrong(tmp_path, public + endpoint(inject_token="demo"))
    assert (problem.code, problem.line) == ("weak-token", 2)
    for host in ("localhost", "127.0.0.2", "'::1'"):
        assert read(tmp_path, f"server: {{host: {host}}}\nadmin_key: a\n" + endpoint(token="demo"))


def test_texts_need_no_quotes(tmp_path: Path) -> None:
    """A number is a fine password; it stays as written."""
    config = read(tmp_path, "endpoints: [{name: 007, flow: 1.10, webhook: {password: 012, secret: [1, 2]}}]")
    assert config.endpoints[0].name == "007"
    assert config.endpoints[0].webhook.password == "012"
    assert config.endpoints[0].webhook.secret == ["1", "2"]


def test_plugins_settings(tmp_path: Path) -> None:
    """Transformers are names, or names with settings; settings without a value are empty."""
    config = read(tmp_path, endpoint(transformers={"use": ["a", {"b": {"c": 1}}, {"d": None}]}))
    assert config.endpoints[0].transformers.use == ["a", {"b": {"c": 1}}, {"d": {}}]
    assert read(tmp_path, "plugins: {settings: {telegram: }}").plugins.settings == {"telegram": {}}


def test_all_problems_come_at_once_and_the_error_names_the_first(tmp_path: Path) -> None:
    """ConfigError is one sentence and holds every problem in order."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "log: {level: x}\nserver: {port: y}\nnope: 1\n")
    assert [p.line for p in caught.value.problems] == [1, 2, 3]
    assert str(caught.value).startswith(f"{tmp_path / 'config.yaml'}:1:14: error[bad-value]: ")
    assert str(caught.value).endswith("(and 2 more)")


def test_a_missing_file_and_bad_yaml_are_config_errors(tmp_path: Path) -> None:
    """Whatever is wrong with the file comes as the same error."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.yaml", {})
    assert [p.code for p in wrong(tmp_path, "a: [")] == ["yaml-syntax"]
    assert [p.code for p in wrong(tmp_path, "flows: a\nflows: b")] == ["duplicate-key"]


def test_the_blunt_switch_warns(tmp_path: Path) -> None:
    """allow_private_addresses loads, with a warning."""
    (tmp_path / "config.yaml").write_text("allow_private_addresses: true")
    config, (problem,) = read_config(tmp_path / "config.yaml", {})
    assert config is not None
    assert problem.severity == "warning"


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """repr(), which ends up in logs and tracebacks, holds no secret, wherever it stands."""
    text = endpoint(
        token="hush-token-of-mine",
        webhook={"url": "http://u:hush@h/", "password": "hush", "secret": ["hush1", "hush2"]},
        transformers={"use": [{"telegram": {"bot_token": "hush"}}]},
    )
    text += "\nadmin_key: hush\nplugins: {settings: {p: {api_key: hush, deep: {client_secret: hush}}}}\n"
    text += (
        "connections: {c: {base_url: 'http://a', bearer: hush, password: hush, headers: {x-auth: hush}}}\n"
    )
    config = read(tmp_path, text)
    assert "hush" not in repr(config).replace("http://u:hush@h/", "")


def test_places_of_keys_can_be_asked_for(tmp_path: Path) -> None:
    """Other rooms point at keys of the configuration; what is not written is told at what is around it."""
    config = read(tmp_path, "plugins:\n  settings:\n    telegram: {a: 1}\n")
    assert config.locate(("plugins", "settings", "telegram", "a"))[1:] == (3, 19)
    assert config.locate(("plugins", "settings", "other"))[1:] == (3, 5)


def test_from_mapping_reads_like_a_file(tmp_path: Path) -> None:
    """Tests make a configuration without a file, by the same rules."""
    config = config_from_mapping({"server": {"port": "${P}"}}, tmp_path, {"P": "7"})
    assert (config.server.port, config.root) == (7, tmp_path)
    with pytest.raises(ConfigError):
        config_from_mapping({"sever": {}}, tmp_path)


def test_a_short_admin_key_is_refused_on_a_public_host(tmp_path: Path) -> None:
    """As a token is; on this machine alone it may be short."""
    assert told(tmp_path, "server: {host: 0.0.0.0}\nadmin_key: a") == [
        "2:12 weak-admin-key: fewer than 16 characters can be guessed, and 0.0.0.0 is public"
    ]
    assert read(tmp_path, "admin_key: a").admin_key == "a"
    assert read(tmp_path, "server: {host: 0.0.0.0}\nadmin_key: sixteen-letters-").warnings == []


@pytest.mark.parametrize(("mode", "codes"), [(0o644, ["exposed-key"]), (0o640, ["exposed-key"]), (0o600, [])])
def test_a_key_that_others_can_read_is_told(tmp_path: Path, mode: int, codes: list[str]) -> None:
    """flowhook makes it with 0600; a copy may have changed that."""
    (tmp_path / ".flowhook").mkdir()
    key = tmp_path / ".flowhook" / "admin_key"
    key.write_text("k" * 64)
    key.chmod(mode)
    assert [problem.code for problem in read(tmp_path, "{}").warnings] == codes


def test_a_variable_that_is_set_and_empty_is_told(tmp_path: Path) -> None:
    """A secret that came out empty leaves webhooks unsigned; a default says that it is meant."""
    text = 'endpoints: [{name: a, flow: f, webhook: {secret: "${S}"}}]'
    (problem,) = read(tmp_path, text, S="").warnings
    assert (problem.code, problem.message) == (
        "missing-variable",
        "the variable S of the environment is empty",
    )
    assert read(tmp_path, text.replace("${S}", "${S:-}"), S="").warnings == []
    assert read(tmp_path, text, S="x").warnings == []
    errors = told(tmp_path, "server: {port: '${P}'}", P="")
    assert any("bad-value" in error for error in errors), "no less an error"


@pytest.mark.parametrize(
    ("locale", "hint"),
    [("french", "write fr"), ("Deutsch", "write de"), ("xx", "a locale is written en, de or de-AT")],
)
def test_a_locale_that_is_none_is_told(tmp_path: Path, locale: str, hint: str) -> None:
    """Answers would be read as English without a word."""
    (problem,) = read(tmp_path, endpoint(locale=locale)).warnings
    assert (problem.code, problem.hint) == ("unknown-locale", hint)
    assert read(tmp_path, endpoint(locale="de_at")).warnings == []


@pytest.mark.parametrize(
    ("url", "allow", "blocked"),
    [
        ("http://127.0.0.1:9000/", "[]", ["127.0.0.1:9000"]),
        ("http://localhost/x", "[]", ["localhost:80"]),
        ("https://[::1]/", "[]", ["[::1]:443"]),
        ("http://10.1.2.3/", "[10.0.0.0/8]", []),
        ("http://127.0.0.1:9000/", '["127.0.0.1:9000"]', []),
        ("https://shop.example/", "[]", []),
    ],
)
def test_addresses_that_are_refused_are_known(
    tmp_path: Path, url: str, allow: str, blocked: list[str]
) -> None:
    """Of webhooks, event webhooks and connections; a name is looked up only when it is called."""
    text = f'outgoing: {{allow: {allow}}}\nconnections: {{c: {{base_url: "{url}"}}}}\n'
    config = read(tmp_path, text + endpoint(webhook={"url": url}, events={"url": url}))
    found = list(blocked_addresses(config))
    assert [problem.hint for problem in found] == [
        f'allow it: outgoing: {{allow: ["{address}"]}}' for address in blocked * 3
    ]


def test_limits_are_for_callers_users_and_sessions(tmp_path: Path) -> None:
    """A rate alone is the callers'; each of three may stand for itself, or be left out."""
    given = {"user": "20/m", "session": "10/m"}
    limits = read(tmp_path, endpoint(rate_limit=given)).endpoints[0].rate_limit
    assert limits == RateLimitsConfig(user=RateLimit(20, 60.0), session=RateLimit(10, 60.0))
    (problem,) = wrong(tmp_path, endpoint(rate_limit={"users": "20/m"}))
    assert problem.hint == 'did you mean "user"?'
    assert read(tmp_path, endpoint()).endpoints[0].rate_limit is None
    assert wrong(tmp_path, endpoint(allow_from=["10.0.0.0/8", "here"]))[0].code == "bad-value"


def test_admin_keys_have_names_and_roles(tmp_path: Path) -> None:
    """Each is read; names and keys are told apart, and no key is repeated in a problem."""
    keys = "admin_keys: [{name: kim, key: hush-hush, role: operator}]"
    (kim,) = read(tmp_path, keys).admin_keys
    assert (kim.name, kim.key, kim.role) == ("kim", "hush-hush", "operator")
    assert "hush" not in repr(kim)
    text = (
        "admin_key: hush-1\nadmin_keys:\n  - {name: kim, key: hush-2, role: reader}\n"
        "  - {name: kim, key: hush-1, role: reader}\n  - {name: admin, key: hush-2, role: boss}\n"
    )
    assert "hush" not in "".join(told(tmp_path, text))
    assert told(tmp_path, text.replace("boss", "agent")) == [
        "4:12 duplicate: two admin keys have this name; the first on line 3",
        "4:22 duplicate: two admin keys have this key; the first on line 1",
        "5:12 duplicate: this is the name of admin_key",
        "5:24 duplicate: two admin keys have this key; the first on line 3",
    ]
    assert told(tmp_path, "server: {host: 0.0.0.0}\nadmin_keys: [{name: kim, key: a, role: reader}]") == [
        "2:31 weak-admin-key: fewer than 16 characters can be guessed, and 0.0.0.0 is public"
    ]
