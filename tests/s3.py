"""A server on loopback that speaks S3, in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

SERVER = "import sys; from moto.server import main; main(['-H', '127.0.0.1', '-p', sys.argv[1]])"
BUCKET = """
import sys, boto3
boto3.client("s3", endpoint_url=sys.argv[1], aws_access_key_id="key", aws_secret_access_key="secret",
             region_name="us-east-1").create_bucket(Bucket="evidence")
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving() -> Iterator[str]:
    """Its address, until the end of the block; there is one bucket, `evidence`, for the key `key` and secret `secret`."""
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                assert server.poll() is None
                time.sleep(0.1)
        endpoint = f"http://127.0.0.1:{port}"
        subprocess.run([sys.executable, "-c", BUCKET, endpoint], check=True, timeout=60)
        yield endpoint
    finally:
        server.terminate()
        server.wait(20)
