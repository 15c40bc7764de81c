import psycopg
import pytest
import redis

from listing_assistant.embedded import EmbeddedServerError, EmbeddedServers, running


def test_both_servers_answer_from_a_path_with_spaces_and_keep_their_data(tmp_path):
    servers = EmbeddedServers(tmp_path / "my shop" / "var")
    with running(servers):
        assert servers.answer()
        redis.Redis.from_url(servers.redis_url).set("colour", "teal")
        with psycopg.connect(servers.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE things (name text)")
            connection.execute("INSERT INTO things VALUES ('lamp')")
    assert not servers.postgres_answers()
    assert not servers.redis_answers()
    with running(servers):
        assert redis.Redis.from_url(servers.redis_url).get("colour") == b"teal"
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SELECT name FROM things").fetchone() == ("lamp",)


def test_a_second_user_borrows_the_servers_and_leaves_them_running(tmp_path):
    servers = EmbeddedServers(tmp_path / "var")
    with running(servers):
        with running(servers):
            assert servers.answer()
        assert servers.answer()


def test_a_server_that_cannot_start_says_why(tmp_path):
    servers = EmbeddedServers(tmp_path / "var")
    (tmp_path / "var" / "postgres").mkdir(parents=True)
    (tmp_path / "var" / "postgres" / "PG_VERSION").write_text("9.1\n")
    with pytest.raises(EmbeddedServerError, match="did not start"), running(servers):
        pass
    servers_of_redis = redis.Redis.from_url(servers.redis_url)
    with pytest.raises(redis.ConnectionError):
        servers_of_redis.ping()
