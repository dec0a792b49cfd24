import type { MachineRecord, Members } from './machine.ts'

/**
 * A machine as ironic-python-agent wants to see it (`hardware.cache_node`). Its instance information stays here: the agent
 * needs nothing of it, and who looks a machine up has proved nothing yet. With a disk, the agent writes to that one.
 */
export function agentNode({ uuid, properties }: MachineRecord, disk?: string): Members {
  const { capabilities } = properties
  return {
    uuid,
    properties: capabilities === undefined ? {} : { capabilities },
    instance_info: disk === undefined ? {} : { root_device: { name: `/dev/${disk}` } },
    driver_internal_info: {},
  }
}
