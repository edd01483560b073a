"""`umaya probe listen`: what it is told wrongly it says in one line; brokers are told apart by their URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calls import alone, umaya
from umaya.cli.probe_live import source_of
from umaya.services.probes.mqtt_source import MqttSource
from umaya.services.probes.nats_source import NatsSource
from umaya.types.errors import InputError


@pytest.mark.parametrize(
    ("url", "kind"),
    [("mqtt://h", MqttSource), ("mqtts://u@h:9", MqttSource), ("nats://h", NatsSource), ("tls://u@h:9", NatsSource)],
)
def test_a_brokers_url_says_what_it_speaks(url: str, kind: type) -> None:
    assert isinstance(source_of(url, "", "positions", "umaya", ""), kind)


@pytest.mark.parametrize("url", ["kafka://h", "mqtt://", "broker.example", "nats://user:secret@h"])
def test_another_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InputError) as error:
        source_of(url, "", "positions", "umaya", "")
    assert "secret" not in str(error.value)


def test_an_actor_that_nobody_registered_is_told_in_one_line(tmp_path: Path) -> None:
    assert umaya("init", str(tmp_path / "hub"), "--origin", "post.example/umaya").returncode == 0
    known = ["--hub", str(tmp_path / "hub"), "--as", "nobody", "--notice", "1"]
    done = alone("probe", "listen", "nats://127.0.0.1:1", *known)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "there is no actor" in done.stderr


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    known = ["--hub", str(tmp_path), "--as", "post-intake", "--notice", "1", "--password-file", str(tmp_path / "none")]
    done = umaya("probe", "listen", "mqtt://127.0.0.1:1", *known)
    assert done.returncode == 2
    assert "password cannot be read" in done.stderr
