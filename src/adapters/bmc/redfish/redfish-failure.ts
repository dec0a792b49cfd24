import { raise } from '../errors.ts'

/** What a broken connection says of its cause, by code or words. The first that matches counts. */
const CAUSES: readonly Readonly<{ says: RegExp; why?: string; remedy: string }>[] = [
  {
    says: /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_|ERR_TLS_CERT|(key|md) too (weak|small)/,
    remedy:
      'name the PEM file of its authority in the inventory (redfish_verify_ca), or give it a certificate that is valid for its address',
  },
  {
    says: /wrong version number|http request/,
    why: 'it does not speak TLS there',
    remedy: 'give the address with http://, or the port where the service speaks HTTPS',
  },
  {
    says: /protocol version|unsupported protocol|handshake failure|legacy renegotiation|dh key too small|bad ecpoint/,
    why: 'it speaks no TLS that is in use any more (1.2 or 1.3)',
    remedy: 'update the firmware of the BMC, or set the version of TLS in its settings',
  },
]

/** `4056…:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:…` */
const OPENSSL = /error:[0-9A-F]+:SSL routines:[^:]*:([^:]+):/

/** The error of a connection that was not made, or broke. */
export function unreachable(error: unknown, action: string, bmc: string): Error {
  const { code = '', message } = error as NodeJS.ErrnoException
  const said = OPENSSL.exec(message)?.[1] ?? message.trim().split('\n')[0]
  const found = CAUSES.find(({ says }) => says.test(`${code} ${said}`))
  const words = said || code
  const why = found?.why === undefined ? words : `${found.why}: ${words}`
  const remedy =
    found?.remedy ??
    'see that the address is right, that the service is enabled, and that this machine reaches it'
  return raise('BMC_UNREACHABLE', { action, bmc, why, remedy }, error)
}
