"""The behaviour stream, in reading order.

days        when a day begins
reading     what an event from outside looks like; what is refused, and why
flags       robots, sellers on their own things, purchases that nobody vouches for
pacing      how many events a caller sends and how fast a session clicks
ingest      a batch → one entry an event on the stream, after which nothing is lost
stream      the stream, as the others see it; Redis
consumer    entries → one transaction → acknowledged, however often it is interrupted
storing     rows and counters in one transaction, each event once
counters    who looked within the hour, who watches
sessions    what a session searched and opened last
partitions  one table a day, made ahead and dropped when old
upkeep      what the beat does about all of it
erasure     one person's behaviour, everywhere it is
export      days as Parquet for the offline aggregation
"""
