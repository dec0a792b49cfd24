/**
 * A script that boots kernel and ramdisk, which lie beside it, with this command line (https://ipxe.org/scripting).
 * iPXE expands `${…}` itself and ends a command at `||` and `&&`: arguments that hold these are refused by the lint of
 * the contract before they get here.
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
