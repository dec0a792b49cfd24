import type { BootOrder } from '../../../conductor/index.ts'
import { textIn, textsIn } from './redfish-words.ts'

/** The members of ComputerSystem.Boot that are changed (DSP0268). */
export type BootOverride = Readonly<{
  BootSourceOverrideEnabled: 'Once' | 'Continuous'
  BootSourceOverrideTarget: 'Pxe' | 'UefiHttp' | 'Hdd'
  BootSourceOverrideMode?: 'UEFI' | 'Legacy'
}>

/**
 * What to set so that the machine boots so, among what the service says it can, best first. A service that lists nothing may
 * refuse one and take the next. `Once` stands in for `Continuous`, which many services do not have any more.
 */
export function bootOverrides(
  boot: unknown,
  order: BootOrder,
): readonly BootOverride[] | Readonly<{ unable: string; remedy: string }> {
  const allows = (name: string, value: string): boolean =>
    textsIn(boot, `${name}@Redfish.AllowableValues`)?.includes(value) ?? true
  const targets = order.from === 'disk' ? (['Hdd'] as const) : networkTargets(order)
  const target = targets.find((one) => allows('BootSourceOverrideTarget', one))
  if (target === undefined) {
    const known = textsIn(boot, 'BootSourceOverrideTarget@Redfish.AllowableValues')?.join(', ') ?? ''
    return {
      unable: `it cannot choose ${targets.join(' or ')}, but ${known || 'nothing'}`,
      remedy: `put the ${order.from} first in the boot order of the firmware`,
    }
  }
  const lasting = order.lasts === 'once' ? (['Once'] as const) : (['Continuous', 'Once'] as const)
  const enabled = lasting.filter((one) => allows('BootSourceOverrideEnabled', one))
  if (enabled.length === 0) {
    return {
      unable: `it cannot choose what to boot ${order.lasts === 'once' ? 'once' : 'permanently'}`,
      remedy: `put the ${order.from} first in the boot order of the firmware`,
    }
  }
  const mode = order.firmware === 'uefi' ? 'UEFI' : 'Legacy'
  if (!allows('BootSourceOverrideMode', mode)) {
    return {
      unable: `its machine does not boot by ${mode}`,
      remedy:
        'set the firmware of the machine in the inventory to what it is (capabilities: boot_mode:uefi or bios)',
    }
  }
  // A service that does not show the mode refuses it; one that shows it may not let it be set, where it is so already.
  const shown = textIn(boot, 'BootSourceOverrideMode')
  const modes = [
    ...(shown === undefined ? [] : [{ BootSourceOverrideMode: mode } as const]),
    ...(shown === undefined || shown === mode ? [{}] : []),
  ]
  return enabled.flatMap((one) =>
    modes.map((choice) => ({
      BootSourceOverrideEnabled: one,
      BootSourceOverrideTarget: target,
      ...choice,
    })),
  )
}

/** UefiHttp is for services that cannot do PXE any more. */
function networkTargets({ firmware }: BootOrder): readonly ('Pxe' | 'UefiHttp')[] {
  return firmware === 'uefi' ? ['Pxe', 'UefiHttp'] : ['Pxe']
}
