export type OvsRelease = Readonly<{
  /** Stands in a label of libvirt, virtlogd and the network agent: releases of different marks have none of them in common. */
  mark: string
  /** Tag of nova-libvirt-ovs. */
  libvirt: 'bookworm' | 'bookworm-backports'
  /** Stands in a label of Open vSwitch's services, in place of another version of them. */
  switchMark?: string
  /** Replaces the switch under guests, which lose packets meanwhile. */
  switchReplaced?: 'always'
}>

/**
 * The shipped example with Open vSwitch, without Nova's service, which would need Nova: a Compose file that is not locked.
 * `example` is the text of examples/compute-ovs/compose.yaml.
 */
export function ovsRelease(example: string, spec: OvsRelease): string {
  const { mark, libvirt, switchMark = 'first', switchReplaced } = spec
  const text = example
    .replace(/\n {2}# Nova's compute service[\s\S]*?(?=\n# Files of the host)/, '\n')
    .replace(/^ {2}nova:\n.*\n/m, '')
    .replace(/^ {2}nova-credentials:\n.*\n/m, '')
    // Neutron's programs take minutes to start on a busy machine.
    .replaceAll(
      /^( +timeout: )(\d+)s$/gm,
      (_, name: string, seconds: string) => `${name}${Number(seconds) * 6}s`,
    )
    .replaceAll('${ANNEAL_LIBVIRT:-bookworm}', libvirt)
    .replaceAll(
      /^ {2}(virtlogd|libvirt|network):\n {4}<<: \*service$/gm,
      `$&\n    labels: {test.release: ${mark}}`,
    )
    .replaceAll(
      /^ {2}(ovsdb|vswitchd):\n {4}<<: \*service$/gm,
      `$&\n    labels: {test.switch: ${switchMark}}`,
    )
  if (switchReplaced === undefined) return text
  return text.replace(
    /(\n {2}vswitchd:[\s\S]*?)replace: when-idle\n([\s\S]*?) +helpers:\n.*\n/,
    '$1guests: expendable\n$2',
  )
}
