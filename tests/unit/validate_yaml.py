#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""validate_yaml.py SCHEMA FILE...: 0 when every YAML file fits the JSON Schema, 1 when one does
not, 3 when the schema itself is wrong, 77 when Debian's python3-jsonschema is not installed."""
import json
import sys

try:
    import jsonschema
    import yaml
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
try:
    jsonschema.Draft202012Validator.check_schema(schema)
except jsonschema.SchemaError as error:
    print(f"{sys.argv[1]}: {error.message}", file=sys.stderr)
    sys.exit(3)

validator = jsonschema.Draft202012Validator(schema)
status = 0
for name in sys.argv[2:]:
    with open(name, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    for error in validator.iter_errors({} if document is None else document):
        print(f"{name}: {'.'.join(map(str, error.path))}: {error.message}", file=sys.stderr)
        status = 1
sys.exit(status)
