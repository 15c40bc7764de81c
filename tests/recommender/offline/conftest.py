"""Both engines, each started once. Where Spark is not installed its tests say so and skip."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from recommender.offline.engine import DUCKDB, PYSPARK, Engine, EngineConfig, open_engine

# Of a plan over twenty rows nearly all the time goes into compiling it for millions.
QUICK_SPARK = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}


@pytest.fixture(scope="session", params=[DUCKDB, PYSPARK])
def engine(request, tmp_path_factory) -> Iterator[Engine]:
    if request.param == PYSPARK:
        if importlib.util.find_spec("pyspark") is None:
            pytest.skip("PySpark is not installed: the extra [spark]")
        if shutil.which("java") is None:
            pytest.skip("Spark needs Java, and there is none on the PATH")
    temp = tmp_path_factory.mktemp(request.param)
    config = EngineConfig(name=request.param, temp=temp, memory="1GB", threads=1)
    with open_engine(config) as engine:
        if request.param == PYSPARK:
            for name, value in QUICK_SPARK.items():
                _spark_session().conf.set(name, value)
        yield engine


def _spark_session() -> Any:
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()
