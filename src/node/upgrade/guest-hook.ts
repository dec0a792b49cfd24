import type { Mount } from '../container.ts'
import type { Finding } from '../finding.ts'

/** Where libvirt looks for hooks: fixed when it was built (LIBVIRT_HOOK_DIR of its src/util/virhook.c). */
const FOLDER = '/etc/libvirt/hooks'

/** What a hook of libvirt did when it was called for a guest. */
export type HookTried = Readonly<{
  /** Path in the container. */
  hook: string
  guest: string
  exitCode: number
  /** The last line that it printed. */
  said: string
}>

/** The mounts of a container by which its libvirt gets hooks, and what they may call: nobody may write to them. */
export function hookMounts<M extends Mount>(mounts: readonly M[]): readonly M[] {
  return mounts
    .filter(({ type, target }) => type !== 'tmpfs' && /^\/(etc|opt|usr)\//.test(`${target}/`))
    .map((mount) => ({ ...mount, readOnly: true }))
}

/** Whether any of them is, holds, or lies in the folder of hooks. */
export function bringHooks(mounts: readonly Mount[]): boolean {
  return mounts.some(
    ({ target }) =>
      `${FOLDER}/`.startsWith(`${target.replace(/\/$/, '')}/`) || target.startsWith(`${FOLDER}/`),
  )
}

/**
 * libvirt calls `/etc/libvirt/hooks/qemu GUEST reconnect begin -` for each guest that it has back, and those in qemu.d, and stops
 * the guest where one of them fails (https://libvirt.org/hooks.html; qemuProcessReconnect in its src/qemu/qemu_process.c).
 */
export function hookFindings(
  service: string,
  tried: readonly HookTried[] | undefined,
  onFailure: 'rollBack' | 'rollForward',
): readonly Finding[] {
  if (tried === undefined) return [untried(service, onFailure)]
  const failed = Map.groupBy(
    tried.filter(({ exitCode }) => exitCode !== 0),
    ({ hook }) => hook,
  )
  return [...failed].flatMap(([hook, [first, ...others]]): Finding[] => {
    if (first === undefined) return []
    const { guest, exitCode, said } = first
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    return [
      {
        code: 'GUEST_HOOK_FAILS',
        severity: 'refuse',
        subject: service,
        evidence: `${hook}, called for guest "${guest}"${more} as the new libvirt calls it on re-attachment, exits with ${exitCode}${said === '' ? '' : ` ("${said}")`}: libvirt stops a guest whose hook fails. Tried in a throw-away container without network and privileges`,
        remedy: `let ${hook} exit with 0 when its second argument is "reconnect", or give the image what it calls; a release that does not mount it has no hook`,
      },
    ]
  })
}

function untried(service: string, onFailure: 'rollBack' | 'rollForward'): Finding {
  return {
    code: 'GUEST_HOOKS_UNTRIED',
    severity: onFailure === 'rollForward' ? 'warn' : 'refuse',
    subject: service,
    evidence:
      'whether its hooks take the guests is not known: its image did not run the script that would call them to its end. libvirt stops a guest whose hook fails',
    remedy:
      'give the image a /bin/sh that works, with head, tail, tr and cat; or, if you accept the risk, choose --on-failure=roll-forward',
  }
}
