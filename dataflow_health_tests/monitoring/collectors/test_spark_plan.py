from dataflow_health.monitoring.collectors import spark_plan

PLAN = """== Physical Plan ==
Execute InsertIntoHadoopFsRelationCommand (4)

(1) Scan parquet spark_catalog.default.t1
Output [2]: [id#2L, tail#3]
Location: InMemoryFileIndex [file:/lake/flights, s3a://fleet/more]
ReadSchema: struct<id:bigint>

(2) Scan parquet
Location: InMemoryFileIndex(7 paths)[file:/lake/long, file:/lake/cu...
(3) Scan parquet
Location: CatalogFileIndex [hdfs://name:8020/warehouse/t2]

(4) Execute InsertIntoHadoopFsRelationCommand
Input: []
Arguments: file:/lake/counts, false, [tail#1], Parquet, [password=never-shown], Overwrite, [id]
"""


def test_folders_of_a_plan_are_read_and_written_and_a_cut_one_is_left_out() -> None:
    reads, written = spark_plan.places(PLAN)
    assert reads == {
        "file:/lake/flights",
        "s3a://fleet/more",
        "file:/lake/long",
        "hdfs://name:8020/warehouse/t2",
    }
    assert written == {"file:/lake/counts"}


def test_a_plan_without_folders_has_none() -> None:
    assert spark_plan.places("(1) Range\nArguments: Range (0, 9)\n") == (frozenset(), frozenset())
