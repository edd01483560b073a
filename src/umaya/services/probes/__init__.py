"""Live positions: batches come in by HTTP, MQTT or NATS, wait in a bounded queue, and go through the gate tick by tick.

Must hold: what is full says so (429, or nothing is fetched) and loses nothing; a sender learns what became of each
batch; a broker's message is acknowledged after its rows are durable, never before.
"""
