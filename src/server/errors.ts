import { EXIT, errorsOf } from '../core/index.ts'
import type { ErrorTable } from '../core/index.ts'

export const SERVER_ERRORS = {
  LISTEN_FAILED: {
    message: 'Cannot listen on {address}:{port}: {why}',
    remedy: 'stop what has the port (`ss -ltnp`), or choose another address or port',
    retry: true,
    exit: EXIT.unavailable,
  },
  TLS_FILES_INVALID: {
    message: 'Cannot serve HTTPS with the certificate "{certificate}" and the key "{key}": {why}',
    remedy: 'give PEM files of a certificate and of its private key without a passphrase',
    retry: false,
    exit: EXIT.usage,
  },
  BODY_TOO_LARGE: {
    message: 'Cannot read the request: its body has more than {most} bytes',
    remedy: 'send less',
    retry: false,
    exit: EXIT.usage,
  },
  REQUEST_INVALID: {
    message: 'Cannot read the request: {why}',
    remedy: 'correct the request; https://docs.openstack.org/api-ref/baremetal/ says what it may hold',
    retry: false,
    exit: EXIT.usage,
  },
  PORT_UNKNOWN: {
    message: 'Cannot find port "{port}": no machine has one with this uuid, name or address',
    remedy: 'look for it with `openstack baremetal port list`',
    retry: false,
    exit: EXIT.usage,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(SERVER_ERRORS)
