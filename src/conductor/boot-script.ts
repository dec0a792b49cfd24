/** iPXE scripts (https://ipxe.org/cmd). Every value comes from the conductor; none from the machine. */

export type RamdiskBoot = Readonly<{
  /** Of the conductor’s HTTP service, without a slash at its end. */
  url: string
  /** Where the ramdisk asks, if not at `url`; and the public key that answers there, as `sha256//…`. */
  asks?: Readonly<{ url: string; pin: string }>
  /** Good for one report. */
  token: string
  /** Where kernel and ramdisk are, below `url`. */
  kernelPath: string
  ramdiskPath: string
  /** More kernel arguments, as `console=ttyS0`. */
  arguments: readonly string[]
}>

/** Boots the deploy ramdisk. */
export function ramdiskScript(boot: RamdiskBoot): string {
  const { url, asks, token, kernelPath, ramdiskPath, arguments: more } = boot
  const line = [
    'initrd=ramdisk',
    `anneal.url=${asks?.url ?? url}`,
    ...(asks === undefined ? [] : [`anneal.pin=${asks.pin}`]),
    `anneal.token=${token}`,
    'BOOTIF=01-${netX/mac:hexhyp}',
    // The kernel prints its command line otherwise, with the token.
    'quiet',
    ...more,
  ].join(' ')
  return pairScript(`${url}${kernelPath}`, `${url}${ramdiskPath}`, line)
}

export type AgentBoot = Readonly<{
  /** Root of the conductor’s HTTP service: the agent adds `/v1/lookup` and `/v1/heartbeat/…`. */
  url: string
  /** What the agent proves itself by, in place of one that anybody could look up. */
  token: string
  kernelUrl: string
  ramdiskUrl: string
  /** More kernel arguments, as `console=ttyS0`. */
  arguments: readonly string[]
}>

/** Boots a ramdisk with ironic-python-agent. Names of the arguments: ironic_python_agent/config.py. */
export function agentScript({ url, token, kernelUrl, ramdiskUrl, arguments: more }: AgentBoot): string {
  const line = [
    'initrd=ramdisk',
    `ipa-api-url=${url}`,
    `ipa-agent-token=${token}`,
    'BOOTIF=01-${netX/mac:hexhyp}',
    // The kernel prints its command line otherwise, with the token.
    'quiet',
    ...more,
  ].join(' ')
  return pairScript(kernelUrl, ramdiskUrl, line)
}

export type InstanceBoot = Readonly<{
  kernelUrl: string
  /** There are systems without one. */
  ramdiskUrl?: string
  /** The kernel’s command line. */
  commandLine: string
}>

/** Boots kernel and ramdisk of what is deployed. */
export function instanceScript({ kernelUrl, ramdiskUrl, commandLine }: InstanceBoot): string {
  // A kernel that EFI starts looks for its ramdisk by the name in its command line.
  const line = ramdiskUrl === undefined ? commandLine : `initrd=ramdisk ${commandLine}`
  return pairScript(kernelUrl, ramdiskUrl, line.trim())
}

/** Leaves the network and boots from the disk: 0x80 for a BIOS; a UEFI firmware goes on with its next boot entry. */
export const DISK_SCRIPT = `#!ipxe
iseq \${platform} efi && exit 1 ||
sanboot --no-describe --drive 0x80 || exit 1
`

/** For a machine that nothing is to be done with: it must not loop over the network as fast as it can. */
export function idleScript(why: string): string {
  return `#!ipxe
echo Anneal: ${plainText(why)}
sleep 10
poweroff || exit 1
`
}

function pairScript(kernelUrl: string, ramdiskUrl: string | undefined, line: string): string {
  const ramdisk = ramdiskUrl === undefined ? '' : `initrd --name ramdisk ${ramdiskUrl} || goto failed\n`
  return `#!ipxe
set tries:int32 0
:again
imgfree
kernel ${kernelUrl} ${line} || goto failed
${ramdisk}boot
:failed
inc tries
iseq \${tries} 10 && goto end ||
echo Anneal: cannot fetch what to boot, trying again
sleep 5
goto again
:end
echo Anneal: cannot fetch what to boot
sleep 30
reboot
`
}

function plainText(text: string): string {
  return text.replace(/[^\x20-\x7e]|\$\{|[|&]/g, ' ')
}
