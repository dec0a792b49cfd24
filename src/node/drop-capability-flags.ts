/**
 * Takes `<flag name='…'/>` elements of the given names out of a libvirt status file, and nothing else.
 * They stand in `<qemuCaps>` (qemuDomainObjPrivateXMLFormat in libvirt's src/qemu/qemu_domain.c), one to a line.
 */
export function dropCapabilityFlags(statusXml: string, flags: readonly string[]): string {
  const unwanted = new Set(flags)
  return statusXml.replace(/<qemuCaps>[\s\S]*?<\/qemuCaps>/, (block) =>
    block.replace(/[ \t]*<flag name=(['"])([^'"]*)\1\/>\r?\n?/g, (line, _quote, name: string) => (unwanted.has(name) ? '' : line)),
  )
}
