import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

/** What stands between Anneal and an OpenStack cloud. No password, secret or token is ever in an error's data. */
export const OPENSTACK_ERRORS = {
  CLOUD_NOT_CHOSEN: {
    message: 'Cannot choose a cloud: {why}',
    remedy:
      'name a cloud of clouds.yaml with OS_CLOUD or --cloud, or set OS_AUTH_URL and the other OS_ variables of an openrc file',
    retry: false,
    exit: EXIT.usage,
  },
  CLOUD_UNKNOWN: {
    message: 'Cannot use cloud "{cloud}": {where} has {known}',
    remedy: 'name one of these, or add "{cloud}" to clouds.yaml',
    retry: false,
    exit: EXIT.usage,
  },
  CLOUD_FILE_UNREADABLE: {
    message: 'Cannot read "{path}": {why}',
    remedy: 'correct the file; the documentation of openstacksdk describes clouds.yaml and secure.yaml',
    retry: false,
    exit: EXIT.usage,
  },
  CLOUD_SETTING_INVALID: {
    message: 'Cannot use cloud "{cloud}": {why}',
    remedy: 'correct this setting in {where}',
    retry: false,
    exit: EXIT.usage,
  },
  CLOUD_VENDOR_PROFILE: {
    message: 'Cannot use cloud "{cloud}": it uses the vendor profile "{profile}", which Anneal does not have',
    remedy: 'write auth_url, region_name and the other settings of the profile into the entry of the cloud',
    retry: false,
    exit: EXIT.usage,
  },
  CLOUD_INSECURE: {
    message: 'Cannot use cloud "{cloud}": it turns off the verification of certificates ({setting})',
    remedy: 'name the certificate authority instead: `cacert: FILE` in clouds.yaml, or OS_CACERT',
    retry: false,
    exit: EXIT.usage,
  },
  OPENSTACK_UNREACHABLE: {
    message: 'Cannot {action}: {service} at {url} does not answer ({why})',
    remedy: 'check that the service runs and that this machine can reach it, then run this again',
    retry: true,
    exit: EXIT.unavailable,
  },
  OPENSTACK_LOGIN_REFUSED: {
    message: 'Cannot log in to cloud "{cloud}" as {user}: {reason} [request {requestId}]',
    remedy: 'check the user, project, domains and the password or secret of this cloud; Anneal asked {url}',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_SERVICE_MISSING: {
    message:
      'Cannot {action}: the catalogue of cloud "{cloud}" has no {service} endpoint for {wanted}; it has {offered}',
    remedy:
      'choose region_name and interface among these; if the service is not registered, set {override} for this cloud',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_FORBIDDEN: {
    message: 'Cannot {action}: {service} forbids it to {login}: {reason} [request {requestId}]',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_SCOPE: {
    message:
      'Cannot {action}: {service} does not allow this with the scope of {login}: {reason} [request {requestId}]',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_QUOTA: {
    message: 'Cannot {action}: a quota or limit of {service} is reached: {reason} [request {requestId}]',
    remedy: 'remove what you no longer need, or have the quota or limit of {service} raised',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_NOT_FOUND: {
    message: 'Cannot {action}: {service} does not have it: {reason} [request {requestId}]',
    remedy: 'check the name or id; objects of other projects are visible only if they are shared or public',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_CONFLICT: {
    message: 'Cannot {action}: {service} is in another state: {reason} [request {requestId}]',
    remedy: 'find out who else works on it, then run this again',
    retry: true,
    exit: EXIT.failed,
  },
  OPENSTACK_IMAGE_REFUSED: {
    message: 'Cannot {action}: {service} looked into the data and refuses it: {reason} [request {requestId}]',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_FORMAT_REFUSED: {
    message: 'Cannot {action}: {service} takes no images of this format: {reason} [request {requestId}]',
    remedy:
      'have ami, aki, ari and bare added to container_formats, and aki, ari, raw and qcow2 to disk_formats, in section image_format of glance-api.conf; a whole disk (--whole-disk) needs only bare, and qcow2 or raw (--disk-format)',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_REFUSED: {
    message: 'Cannot {action}: {service} refuses it with status {status}: {reason} [request {requestId}]',
    remedy: 'read the reason; the log of {service} has more under the request id',
    retry: false,
    exit: EXIT.failed,
  },
  OPENSTACK_FAILED: {
    message: 'Cannot {action}: {service} failed with status {status}: {reason} [request {requestId}]',
    remedy: 'search the log of {service} for the request id, then run this again',
    retry: true,
    exit: EXIT.unavailable,
  },
  OPENSTACK_FAULT: {
    message: 'Cannot {action}: {service} had an internal error: {reason} [request {requestId}]',
    remedy:
      'search the log of {service} for the request id; the error is likely to return until {service} is repaired or upgraded',
    retry: true,
    exit: EXIT.failed,
  },
  OPENSTACK_REPLY_INVALID: {
    message: 'Cannot read the answer of {service}: {where} is {found}, expected {expected}',
    remedy: 'check that {url} is {service}, and its version; if it is, report this',
    retry: false,
    exit: EXIT.failed,
  },
  OPENSTACK_TOO_OLD: {
    message: 'Cannot {action}: {service} supports API versions up to {offered}, and {needed} is needed',
    remedy: 'upgrade {service}',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_AMBIGUOUS: {
    message: 'Cannot choose {what} "{name}": several have this name: {ids}',
    remedy: 'name it by its id',
    retry: false,
    exit: EXIT.usage,
  },
  OPENSTACK_NAME_UNKNOWN: {
    message: 'Cannot find {what} "{name}": {service} has none with this name or id',
    remedy: 'check the name; objects of other projects are visible only if they are shared or public',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(OPENSTACK_ERRORS)
