"""/metrics answers this machine or the token, and counts what is there."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import SimpleWorker


def test_the_gauges_are_there(client: FlaskClient, redis: Redis) -> None:
    SimpleWorker(["house"], connection=redis, name="one").register_birth()
    page = client.get("/metrics")
    assert page.status_code == 200
    lines = page.get_data(as_text=True).splitlines()
    assert "tungngo_workers 1.0" in lines
    assert "tungngo_redis_up 1.0" in lines
    assert 'tungngo_messages{state="delivered"} 0.0' in lines


def test_another_machine_is_told_nothing(client: FlaskClient) -> None:
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert answer.status_code == 404


def test_behind_a_proxy_of_this_machine_the_world_is_told_nothing(client: FlaskClient) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404


def test_the_token_opens_it_and_then_nothing_else_does(app: Flask, client: FlaskClient) -> None:
    secret = {"metrics_token": "a-secret"}
    app.config["OUTREACH"] = app.config["OUTREACH"].model_copy(update=secret)
    remote = {"REMOTE_ADDR": "203.0.113.7"}
    right, wrong = {"Authorization": "Bearer a-secret"}, {"Authorization": "Bearer another"}
    assert client.get("/metrics", headers=right, environ_base=remote).status_code == 200
    assert client.get("/metrics", headers=wrong, environ_base=remote).status_code == 404
    assert client.get("/metrics").status_code == 404
