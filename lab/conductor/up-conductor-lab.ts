import { ConductorLab } from './conductor-lab.ts'
import { conductorRamdisk } from './conductor-ramdisk.ts'

export type UpConductorLab = Readonly<{ lab: ConductorLab; advice: readonly string[] }>

/** Brings a lab up by its flags, and says what to do with it. */
export async function upConductorLab(
  options: Readonly<{
    name: string
    nodes: number
    firmware: 'both' | 'uefi'
    serves: 'yes' | 'no'
    signal: AbortSignal
  }>,
): Promise<UpConductorLab> {
  const { name, nodes, firmware, serves, signal } = options
  const ramdisk = serves === 'yes' ? await conductorRamdisk() : undefined
  const lab = await ConductorLab.up({
    name,
    nodes: firmware === 'both' ? nodes : Array.from({ length: nodes }, () => ({ firmware })),
    ...(ramdisk === undefined ? {} : { ramdisk }),
    signal,
  })
  const { network, inventoryFile } = lab.description
  const serve = `ip netns exec ${network.namespace} anneal ${lab.serveWords.join(' ')}`
  const advice = [
    ...(ramdisk === undefined ? [`${serve} # with DIR of \`anneal metal ramdisk\``] : []),
    `anneal metal enroll ${inventoryFile} --conductor ${lab.endpoints['conductor']}`,
  ]
  return { lab, advice }
}
