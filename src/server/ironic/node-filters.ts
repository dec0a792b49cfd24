import type { MachineRecord } from '../../conductor/index.ts'
import { equals, isFlag } from './listing.ts'
import type { Filter } from './listing.ts'
import { flagOf } from './read-request.ts'

/** What a plain list shows. */
export const SHORT_NODE = [
  'uuid',
  'name',
  'instance_uuid',
  'power_state',
  'provision_state',
  'maintenance',
  'links',
] as const

/** What its members are called is what counts of it. */
export const EXAMPLE_MACHINE: MachineRecord = {
  uuid: '',
  driver: 'ipmi',
  driverInfo: {},
  properties: {},
  instanceInfo: {},
  extra: {},
  traits: [],
  deployInterface: 'stream',
  provisionState: 'enroll',
  maintenance: false,
  protected: false,
  hasConfigDrive: false,
  createdAt: '',
  updatedAt: '',
}

/** Filters of `GET /v1/nodes` (https://docs.openstack.org/api-ref/baremetal/#list-nodes) up to the version that is spoken. */
export const NODE_FILTERS = {
  provision_state: equals,
  driver: equals,
  resource_class: equals,
  owner: equals,
  lessee: equals,
  instance_uuid: equals,
  instance_name: equals,
  fault: equals,
  chassis_uuid: equals,
  conductor_group: equals,
  conductor: equals,
  maintenance: isFlag,
  retired: isFlag,
  associated: (node, wanted) => (node['instance_uuid'] !== null) === flagOf('associated', wanted),
  project: (node, wanted) => node['owner'] === wanted || node['lessee'] === wanted,
  description_contains: ({ description }, wanted) =>
    typeof description === 'string' && description.includes(wanted),
  shard: () => false,
  sharded: (_, wanted) => !flagOf('sharded', wanted),
  // No machine here is a part of another one.
  parent_node: () => false,
  include_children: (_, wanted) => flagOf('include_children', wanted) || true,
} as const satisfies Readonly<Record<string, Filter>>
