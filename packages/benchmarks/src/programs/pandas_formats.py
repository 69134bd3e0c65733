"""Prints CPU milliseconds of one more reading of a file of pets by pandas, or the megabytes of its peak."""
import resource
import sys
import time

import pandas

file = sys.argv[1]


def read():
    if file.endswith(".csv"):
        return pandas.read_csv(file, parse_dates=["born"])
    if file.endswith(".jsonl"):
        return pandas.read_json(file, lines=True, convert_dates=["born"])
    import pyarrow  # the one engine for Parquet that pandas shares with everybody

    return pandas.read_parquet(file, engine=pyarrow.__name__)


read()
if sys.argv[2:]:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
else:
    start = time.process_time()
    read()
    print((time.process_time() - start) * 1000)
