"""Prints one number: CPU milliseconds of pandas.read_sql, or microseconds of one unpickled cache hit."""
import pickle
import sys
import time

import pandas
from sqlalchemy import create_engine, text

what, where = sys.argv[1:3]
engine = create_engine(where if "://" in where else f"sqlite:///{where}")


def read():
    with engine.connect() as connection:
        return pandas.read_sql(text("select * from pets"), connection, parse_dates=["born"])


def median(values):
    return sorted(values)[len(values) // 2]


def cpu(task):
    start = time.process_time()
    task()
    return time.process_time() - start


if what == "first":
    print(cpu(read) * 1000)
elif what == "read":
    for _ in range(10):
        read()
    print(sum(cpu(read) for _ in range(20)) / 20 * 1000)
else:
    frame = read()
    # What a Streamlit cache hit does: the frame is stored pickled, and every hit unpickles a copy.
    stored = pickle.dumps(frame)
    print(median([cpu(lambda: pickle.loads(stored)) for _ in range(20)]) * 1e6)
