"""What recall sets load is there before a process makes its first strip."""

from __future__ import annotations

import pytest

from recommender import fitment
from recommender.strips import warming
from recommender.strips.warming import warm_up


@pytest.fixture(autouse=True)
def cold_process():
    fitment._fitment.cache_clear()
    warming._warming.cache_clear()
    yield
    warming._warming().join()
    warming._warming.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_the_vocabulary_is_read_once_before_the_first_strip():
    warm_up()
    assert fitment._fitment.cache_info().misses == 1
    warm_up()
    fitment.current_fitment()
    assert fitment._fitment.cache_info().misses == 1
