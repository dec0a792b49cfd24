/** How containers-transports(5) begins the address of a container image. The first four are read. */
const TRANSPORTS = [
  'oci',
  'oci-archive',
  'docker-archive',
  'docker',
  'containers-storage',
  'docker-daemon',
  'dir',
  'ostree',
  'atomic',
  'sif',
  'tarball',
]

/** Whether a location is written as a container image and not as a file or a web address. */
export function isContainerAddress(location: string): boolean {
  const [transport = ''] = location.split(':', 1)
  return location.includes(':') && TRANSPORTS.includes(transport)
}
