"""botocore's service models, read with less time and memory than botocore's own reader takes.

Lives here: decoding the JSON files that botocore finds. Must not live here: which files, and where (botocore knows).
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import botocore.loaders
import msgspec


class ModelFiles(botocore.loaders.JSONFileLoader):
    """Reads model files with msgspec into plain dicts, which keep their order.

    EC2's model is 4 MB of JSON. botocore makes an OrderedDict of each object in it: twice the time, three times the
    memory.
    """

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401  as typed there
        """The content of a file, its path given without .json or .json.gz; None if there is none."""
        for path, packed in ((Path(f"{file_path}.json"), False), (Path(f"{file_path}.json.gz"), True)):
            if not path.is_file():
                continue
            data = path.read_bytes()
            try:
                return msgspec.json.decode(gzip.decompress(data) if packed else data)
            except msgspec.DecodeError:
                # A model of the person's own (AWS_DATA_PATH) that is JSON to Python only, with a NaN for example.
                break
        return super().load_file(file_path)
