import type { Conductor } from '../../app/conductor/index.ts'
import type { MachineRecord } from '../../conductor/index.ts'
import type { Request, Routes } from '../route.ts'
import { NO_CONTENT, fault, json } from './json-reply.ts'
import { invalid, objectOf } from './read-request.ts'

/** A trait of a site, or one of os-traits, whose list changes: both have letters, digits and underscores alone. */
const TRAIT = /^[A-Z][A-Z0-9_]{0,254}$/
/** Ironic’s own bound (ironic/objects/trait.py). */
const MOST_TRAITS = 50

/** https://docs.openstack.org/api-ref/baremetal/#node-traits-nodes */
export function traitRoutes({ machines }: Conductor, named: (request: Request) => MachineRecord): Routes {
  const save = (machine: MachineRecord, traits: readonly string[]) => {
    if (traits.length > MOST_TRAITS) throw invalid(`a node has at most ${MOST_TRAITS} traits`)
    machines.save({ ...machine, traits: [...new Set(traits.map(checked))].toSorted() })
    return NO_CONTENT
  }
  return {
    'GET /v1/nodes/{node}/traits': (request) => json(200, { traits: named(request).traits }),
    'PUT /v1/nodes/{node}/traits': async (request) => {
      const { traits } = objectOf(await request.text())
      if (!Array.isArray(traits)) throw invalid('traits is a list of texts')
      return save(named(request), traits as readonly string[])
    },
    'DELETE /v1/nodes/{node}/traits': (request) => save(named(request), []),
    'PUT /v1/nodes/{node}/traits/{trait}': (request) => {
      const machine = named(request)
      return save(machine, [...machine.traits, request.parts['trait'] ?? ''])
    },
    'DELETE /v1/nodes/{node}/traits/{trait}': (request) => {
      const machine = named(request)
      const trait = request.parts['trait'] ?? ''
      if (!machine.traits.includes(trait)) return fault(404, `Node ${machine.uuid} has no trait '${trait}'`)
      return save(
        machine,
        machine.traits.filter((one) => one !== trait),
      )
    },
  }
}

function checked(trait: unknown): string {
  if (typeof trait === 'string' && TRAIT.test(trait)) return trait
  throw invalid(`${JSON.stringify(trait)} is no trait: a trait is as CUSTOM_SSD or HW_CPU_X86_VMX`)
}
