import type { BootOrder } from '../../../conductor/index.ts'
import { textIn, textsIn } from './redfish-words.ts'

/** The members of ComputerSystem.Boot that are changed (DSP0268). */
export type BootOverride = Readonly<{
  BootSourceOverrideEnabled: 'Once' | 'Continuous'
  BootSourceOverrideTarget: 'Pxe' | 'UefiHttp' | 'Hdd'
  BootSourceOverrideMode?: 'UEFI' | 'Legacy'
}>

/** What to set so that the machine boots so, among what the service says it can. */
export function bootOverride(
  boot: unknown,
  order: BootOrder,
): BootOverride | Readonly<{ unable: string; remedy: string }> {
  const allowed = (name: string): readonly string[] | undefined =>
    textsIn(boot, `${name}@Redfish.AllowableValues`)
  const targets = order.from === 'disk' ? (['Hdd'] as const) : networkTargets(order)
  const target = targets.find((one) => allowed('BootSourceOverrideTarget')?.includes(one) ?? true)
  if (target === undefined) {
    const known = allowed('BootSourceOverrideTarget')?.join(', ') ?? ''
    return {
      unable: `it cannot choose ${targets.join(' or ')}, but ${known || 'nothing'}`,
      remedy: `put the ${order.from} first in the boot order of the firmware`,
    }
  }
  const enabled = order.lasts === 'once' ? 'Once' : 'Continuous'
  if (allowed('BootSourceOverrideEnabled')?.includes(enabled) === false) {
    return {
      unable: `it cannot choose what to boot ${order.lasts === 'once' ? 'once' : 'permanently'}`,
      remedy: `put the ${order.from} first in the boot order of the firmware`,
    }
  }
  const mode = order.firmware === 'uefi' ? 'UEFI' : 'Legacy'
  if (allowed('BootSourceOverrideMode')?.includes(mode) === false) {
    return {
      unable: `its machine does not boot by ${mode}`,
      remedy:
        'set the firmware of the machine in the inventory to what it is (capabilities: boot_mode:uefi or bios)',
    }
  }
  return {
    BootSourceOverrideEnabled: enabled,
    BootSourceOverrideTarget: target,
    // A service that does not show the mode refuses it.
    ...(textIn(boot, 'BootSourceOverrideMode') === undefined ? {} : { BootSourceOverrideMode: mode }),
  }
}

/** UefiHttp is for services that cannot do PXE any more. */
function networkTargets({ firmware }: BootOrder): readonly ('Pxe' | 'UefiHttp')[] {
  return firmware === 'uefi' ? ['Pxe', 'UefiHttp'] : ['Pxe']
}
