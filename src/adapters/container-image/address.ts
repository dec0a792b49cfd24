import { raise } from './errors.ts'

/** Where a container image is, as containers-transports(5) writes it. */
export type ContainerAddress = Readonly<{ text: string }> &
  (
    | Readonly<{ transport: 'oci' | 'oci-archive' | 'docker-archive'; path: string; reference: string }>
    | Readonly<{ transport: 'docker'; name: string }>
  )

/** Throws CONTAINER_TRANSPORT_UNKNOWN, CONTAINER_ADDRESS_INVALID. */
export function parseContainerAddress(text: string): ContainerAddress {
  const [transport = ''] = text.split(':', 1)
  const rest = text.slice(transport.length + 1)
  if (transport === 'docker') {
    if (!rest.startsWith('//') || rest === '//') {
      throw raise('CONTAINER_ADDRESS_INVALID', { image: text, problem: 'behind "docker:" comes //NAME' })
    }
    return { text, transport, name: rest.slice(2) }
  }
  if (transport !== 'oci' && transport !== 'oci-archive' && transport !== 'docker-archive') {
    throw raise('CONTAINER_TRANSPORT_UNKNOWN', { image: text, transport })
  }
  const colon = rest.indexOf(':')
  const path = colon === -1 ? rest : rest.slice(0, colon)
  if (path === '') throw raise('CONTAINER_ADDRESS_INVALID', { image: text, problem: 'it names no path' })
  return { text, transport, path, reference: colon === -1 ? '' : rest.slice(colon + 1) }
}
