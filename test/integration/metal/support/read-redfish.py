"""
What a Redfish service says of a system, read by python3-sushy, which is OpenStack's client.

    read-redfish.py URL SYSTEM USER, with the password in PASSWORD
"""

import json
import os
import sys

import sushy
from sushy import auth

url, system, user = sys.argv[1:]
connection = sushy.Sushy(
    url, auth=auth.BasicAuth(user, os.environ['PASSWORD']), verify=False
)
found = connection.get_system(system)
print(
    json.dumps(
        {
            'power': found.power_state.value,
            'target': found.boot.target.value,
            'enabled': found.boot.enabled.value,
            'mode': found.boot.mode.value,
        }
    )
)
