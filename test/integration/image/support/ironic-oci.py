"""What Ironic's own client makes of an image of a registry:

    ironic-oci.py DIST_PACKAGES CA IMAGE CPU_ARCH http|local FILE

DIST_PACKAGES is where the Ironic of a suite is. Writes the artifact that it chose into FILE, as the conductor would, and prints
what it found as JSON. LOGIN is a JSON object with username and password.
"""

import json
import os
import sys

source, ca, image, arch, way, target = sys.argv[1:]
sys.dont_write_bytecode = True
sys.path.insert(0, source)
os.environ['REQUESTS_CA_BUNDLE'] = ca
from ironic.conf import CONF

CONF([], project='ironic', default_config_files=[])
CONF.set_override('webserver_verify_ca', 'True')
from ironic.common import image_service


def service():
    made = image_service.OciImageService()
    made.set_image_auth(image, json.loads(os.environ.get('LOGIN', 'null')))
    return made


found = service().identify_specific_image(image, way, arch)
found.pop('image_request_authorization_secret', None)
if found:
    with open(target, 'wb') as file:
        download = service()
        download.download(found['oci_image_manifest_url'], file)
        found['verified'] = download.transfer_verified_checksum
print(json.dumps(found))
