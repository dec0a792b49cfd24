import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

/** What stands between Anneal and an OpenStack cloud. No password, secret or token is ever in an error's data. */
export const OPENSTACK_ERRORS = {
  CLOUD_NOT_CHOSEN: {
    message: 'Cannot choose a cloud: {why}',
    remedy:
      'name one of clouds.yaml with OS_CLOUD or --cloud, or set OS_AUTH_URL and the other OS_ variables of an openrc file',
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
    remedy: 'correct the file; openstacksdk documents its form (clouds.yaml, secure.yaml)',
    retry: false,
    exit: EXIT.usage,
  },
  CLOUD_SETTING_INVALID: {
    message: 'Cannot use cloud "{cloud}": {why}',
    remedy: 'correct that setting in {where}',
    retry: false,
    exit: EXIT.usage,
  },
  CLOUD_VENDOR_PROFILE: {
    message:
      'Cannot use cloud "{cloud}": it stands on the vendor profile "{profile}", which Anneal does not carry',
    remedy: 'write auth_url, region_name and the other settings of the profile into the entry itself',
    retry: false,
    exit: EXIT.usage,
  },
  CLOUD_INSECURE: {
    message: 'Cannot use cloud "{cloud}": it switches the verification of certificates off ({setting})',
    remedy: 'name the authority that signed the certificate: `cacert: FILE` in clouds.yaml, or OS_CACERT',
    retry: false,
    exit: EXIT.usage,
  },
  OPENSTACK_UNREACHABLE: {
    message: 'Cannot {action}: {service} at {url} does not answer ({why})',
    remedy: 'see that the service runs and that this machine reaches it, then run this again',
    retry: true,
    exit: EXIT.unavailable,
  },
  OPENSTACK_LOGIN_REFUSED: {
    message: 'Cannot log in to cloud "{cloud}" as {user}: {reason} [request {requestId}]',
    remedy:
      'check the user, project, domains and the password or secret of this cloud; {url} is who was asked',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_SERVICE_MISSING: {
    message:
      'Cannot {action}: the catalogue of cloud "{cloud}" has no {service} endpoint for {wanted}; it has {offered}',
    remedy:
      'choose region_name and interface among these, or set {override} for this cloud where the service is not registered',
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
      'Cannot {action}: {service} does not do this for the scope of {login}: {reason} [request {requestId}]',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_QUOTA: {
    message: 'Cannot {action}: {service} has no room for it: {reason} [request {requestId}]',
    remedy: 'remove what is not needed any more, or have the quota or the limit of {service} raised',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_NOT_FOUND: {
    message: 'Cannot {action}: {service} does not have it: {reason} [request {requestId}]',
    remedy: 'check the name or id; what another project owns is not shown unless it is shared or public',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_CONFLICT: {
    message: 'Cannot {action}: {service} is in another state: {reason} [request {requestId}]',
    remedy: 'see who else works on it, then run this again',
    retry: true,
    exit: EXIT.failed,
  },
  OPENSTACK_REFUSED: {
    message: 'Cannot {action}: {service} refuses it with status {status}: {reason} [request {requestId}]',
    remedy: 'read the reason; the log of {service} tells more under the request id',
    retry: false,
    exit: EXIT.failed,
  },
  OPENSTACK_FAILED: {
    message: 'Cannot {action}: {service} failed with status {status}: {reason} [request {requestId}]',
    remedy: 'look for the request id in the log of {service}, then run this again',
    retry: true,
    exit: EXIT.unavailable,
  },
  OPENSTACK_FAULT: {
    message: 'Cannot {action}: {service} met a fault of its own: {reason} [request {requestId}]',
    remedy:
      'the log of {service} has the whole of it under the request id; the same request is likely to meet it again until {service} is repaired or upgraded',
    retry: true,
    exit: EXIT.failed,
  },
  OPENSTACK_REPLY_INVALID: {
    message: 'Cannot read the answer of {service}: {where} is {found}, expected {expected}',
    remedy: 'see that {url} is really {service}, and which version; report this if it is',
    retry: false,
    exit: EXIT.failed,
  },
  OPENSTACK_TOO_OLD: {
    message: 'Cannot {action}: {service} speaks up to version {offered}, and {needed} is needed',
    remedy: 'upgrade {service}',
    retry: false,
    exit: EXIT.refused,
  },
  OPENSTACK_AMBIGUOUS: {
    message: 'Cannot choose {what} "{name}": there are several of that name: {ids}',
    remedy: 'name it by its id',
    retry: false,
    exit: EXIT.usage,
  },
  OPENSTACK_NAME_UNKNOWN: {
    message: 'Cannot find {what} "{name}": {service} has none of that name or id',
    remedy: 'check the name; what another project owns is not shown unless it is shared or public',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(OPENSTACK_ERRORS)
