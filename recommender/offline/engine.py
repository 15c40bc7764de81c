"""Where the offline tables are counted: the same Ibis expressions on DuckDB or on Spark.

Parquet goes in, Arrow or Parquet comes out. DuckDB is embedded and spills to a folder when its
memory limit is reached; Spark is as large as the cluster that `master` names.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

DUCKDB, PYSPARK = "duckdb", "pyspark"
ENGINES = frozenset({DUCKDB, PYSPARK})
BATCH = 50_000  # rows
SCRATCH = "offline-"
# No run takes so long; what is older was left behind by one that was killed.
DEAD_SECONDS = 86_400.0


class EngineError(Exception):
    """The engine cannot be had here; the message says what to install or set."""


@dataclass(frozen=True)
class EngineConfig:
    """`memory` is a limit such as "2GB"; `master` is for Spark alone, "local[2]" is this machine.

    With several machines `temp` and all paths must be on storage that each of them reaches.
    """

    name: str = DUCKDB
    temp: Path | None = None
    memory: str = "2GB"
    threads: int = 2
    master: str = ""


class Engine(Protocol):
    """What the aggregations ask of either engine. Paths are single files or folders of them."""

    name: str
    scratch: Path

    def read(self, paths: Sequence[Path]) -> ibis.Table: ...

    def table(self, rows: pa.Table) -> ibis.Table: ...

    def arrow(self, expression: ibis.Table) -> pa.Table: ...

    def batches(self, expression: ibis.Table) -> Iterator[pa.RecordBatch]:
        """In the expression's order, for results that are larger than memory should hold."""
        ...

    def write(self, expression: ibis.Table, path: Path) -> None:
        """One Parquet file, or a folder of parts, in the place of whatever was at `path`."""
        ...

    def count(self, expression: ibis.Table) -> int:
        counted = self.arrow(expression.aggregate(rows=expression.count()))
        return int(counted["rows"][0].as_py())

    def keep(self, name: str, expression: ibis.Table) -> ibis.Table:
        """The same table, counted once; it is gone with the engine."""
        path = self.scratch / f"{name}.parquet"
        self.write(expression, path)
        return self.read([path])


@contextmanager
def open_engine(config: EngineConfig) -> Iterator[Engine]:
    """An engine until the block ends. Raises EngineError where it cannot be had."""
    if config.name not in ENGINES:
        raise EngineError(f"“{config.name}” is no engine; use one of {', '.join(sorted(ENGINES))}")
    if config.temp:
        config.temp.mkdir(parents=True, exist_ok=True)
        _clear(config.temp)
    opened = _spark if config.name == PYSPARK else _duckdb
    with (
        tempfile.TemporaryDirectory(prefix=SCRATCH, dir=config.temp) as scratch,
        opened(config, Path(scratch)) as engine,
    ):
        yield engine


def _clear(temp: Path) -> None:
    """Killed processes leave their scratch behind, and in it what single people bought."""
    for folder in temp.glob(f"{SCRATCH}*"):
        # Whose process ends now removes it itself.
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < time.time() - DEAD_SECONDS:
                shutil.rmtree(folder)


class DuckDBEngine(Engine):
    name = DUCKDB

    def __init__(self, backend: Any, scratch: Path) -> None:
        self._backend, self.scratch = backend, scratch

    def read(self, paths: Sequence[Path]) -> ibis.Table:
        return self._backend.read_parquet([str(path) for path in _files(paths)])

    def table(self, rows: pa.Table) -> ibis.Table:
        import ibis

        name = ibis.util.gen_name("rows")
        self._backend.con.register(name, rows)
        return self._backend.table(name)

    def arrow(self, expression: ibis.Table) -> pa.Table:
        return self._backend.to_pyarrow(expression)

    def batches(self, expression: ibis.Table) -> Iterator[pa.RecordBatch]:
        answer = self._backend.con.sql(self._backend.compile(expression))
        yield from answer.to_arrow_reader(BATCH)

    def write(self, expression: ibis.Table, path: Path) -> None:
        beside = path.with_name(path.name + ".new")
        self._backend.to_parquet(expression, str(beside))
        _replace(path, beside)


class SparkEngine(Engine):
    name = PYSPARK

    def __init__(self, backend: Any, session: Any, scratch: Path) -> None:
        self._backend, self._session, self.scratch = backend, session, scratch

    def read(self, paths: Sequence[Path]) -> ibis.Table:
        import ibis

        name = ibis.util.gen_name("parquet")
        frame = self._session.read.parquet(*(str(path) for path in _files(paths)))
        frame.createOrReplaceTempView(name)
        return self._backend.table(name)

    def table(self, rows: pa.Table) -> ibis.Table:
        import ibis

        name = ibis.util.gen_name("rows")
        self._session.createDataFrame(rows).createOrReplaceTempView(name)
        return self._backend.table(name)

    def arrow(self, expression: ibis.Table) -> pa.Table:
        rows: pa.Table = self._frame(expression).toArrow()
        return rows

    def batches(self, expression: ibis.Table) -> Iterator[pa.RecordBatch]:
        yield from self.arrow(expression).to_batches(BATCH)

    def write(self, expression: ibis.Table, path: Path) -> None:
        beside = path.with_name(path.name + ".new")
        self._frame(expression).write.mode("overwrite").parquet(str(beside))
        _replace(path, beside)

    def _frame(self, expression: ibis.Table) -> Any:
        return self._session.sql(self._backend.compile(expression))


@contextmanager
def _duckdb(config: EngineConfig, scratch: Path) -> Iterator[Engine]:
    import ibis

    backend = ibis.duckdb.connect(
        threads=config.threads,
        memory_limit=config.memory,
        temp_directory=str(scratch / "spilt"),
        # Counting needs no order of rows; keeping it costs memory.
        preserve_insertion_order=False,
    )
    try:
        yield DuckDBEngine(backend, scratch)
    finally:
        backend.disconnect()


@contextmanager
def _spark(config: EngineConfig, scratch: Path) -> Iterator[Engine]:
    session, is_ours = _spark_session(config)
    import ibis

    try:
        yield SparkEngine(ibis.pyspark.connect(session), session, scratch)
    finally:
        if is_ours:
            session.stop()


def _spark_session(config: EngineConfig) -> tuple[Any, bool]:
    """A session, and whether it was started for this: one that was running already goes on."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineError(
            "OFFLINE_ENGINE=pyspark needs PySpark: pip install 'listing-assistant[spark]', or set "
            "OFFLINE_ENGINE=duckdb"
        ) from error
    if shutil.which("java") is None:
        raise EngineError(
            "OFFLINE_ENGINE=pyspark needs Java 17: put java on the PATH, or set "
            "OFFLINE_ENGINE=duckdb"
        )
    running = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("listing-assistant offline")
    for key, value in _spark_options(config).items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise EngineError(f"Spark did not start: {error}") from error
    session.sparkContext.setLogLevel("ERROR")
    logging.getLogger("py4j").setLevel(logging.WARNING)
    return session, running is None


def _spark_options(config: EngineConfig) -> dict[str, str]:
    options = {
        "spark.master": config.master or f"local[{config.threads}]",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.ansi.enabled": "true",
        # The size that DuckDB takes ("2GB") as Java writes it ("2g").
        "spark.driver.memory": config.memory.strip().lower().removesuffix("b"),
    }
    if not config.master:
        # The default of 200 partitions is for a cluster: here each costs more than its rows.
        options["spark.sql.shuffle.partitions"] = str(config.threads * 4)
    if config.temp:
        options["spark.local.dir"] = str(config.temp)
    return options


def _files(paths: Sequence[Path]) -> list[Path]:
    """Folders as the Parquet files in them: both engines then read the same list."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    return found


def _replace(path: Path, beside: Path) -> None:
    """A reader finds the old or the new, unless it looks between two renames of a folder."""
    old = path.with_name(path.name + ".old")
    remove(old)
    if path.is_dir():
        path.rename(old)
    beside.replace(path)
    remove(old)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
