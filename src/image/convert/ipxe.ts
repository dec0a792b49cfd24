/**
 * A script that boots kernel and ramdisk, which lie beside it, with this command line (https://ipxe.org/scripting).
 * A warning of the lint says what iPXE would make of the command line (`KARG_IPXE_CHANGED`).
 */
export function ipxeScript(
  commandLine: string,
  files: Readonly<{ kernel: string; ramdisk?: string }>,
): string {
  const { kernel, ramdisk } = files
  const initrd = ramdisk === undefined ? '' : ` initrd=${ramdisk}`
  return `#!ipxe
kernel ${kernel}${initrd} ${commandLine}
${ramdisk === undefined ? '' : `initrd ${ramdisk}\n`}boot
`
}
