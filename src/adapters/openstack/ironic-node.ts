import type { MetalNode } from '../../metal/index.ts'
import type { Fields } from './fields.ts'

/** https://docs.openstack.org/api-ref/baremetal/#nodes-nodes */
export function metalNode(fields: Fields): MetalNode {
  return {
    uuid: fields.text('uuid'),
    driver: fields.text('driver'),
    provisionState: fields.optionalText('provision_state') ?? 'available',
    maintenance: fields.flag('maintenance'),
    consoleEnabled: fields.flag('console_enabled'),
    staysOn: fields.flag('disable_power_off'),
    driverInfo: fields.record('driver_info'),
    properties: fields.record('properties'),
    instanceInfo: fields.record('instance_info'),
    extra: fields.record('extra'),
    traits: fields.texts('traits'),
    ...present({
      name: fields.optionalText('name'),
      targetProvisionState: fields.optionalText('target_provision_state'),
      provisionUpdatedAt: fields.optionalText('provision_updated_at'),
      powerState: fields.optionalText('power_state'),
      targetPowerState: fields.optionalText('target_power_state'),
      maintenanceReason: fields.optionalText('maintenance_reason'),
      fault: fields.optionalText('fault'),
      lastError: fields.optionalText('last_error'),
      reservation: fields.optionalText('reservation'),
      step: stepOf(fields),
      lastHeartbeat: heartbeatOf(fields),
      deployInterface: fields.optionalText('deploy_interface'),
      bootInterface: fields.optionalText('boot_interface'),
      networkInterface: fields.optionalText('network_interface'),
      consoleInterface: fields.optionalText('console_interface'),
      resourceClass: fields.optionalText('resource_class'),
      instanceUuid: fields.optionalText('instance_uuid'),
      parentUuid: fields.optionalText('parent_node'),
    }),
  }
}

/** `deploy.write_image`: the step that runs, of a deployment or else of a cleaning. */
function stepOf(fields: Fields): string | undefined {
  for (const name of ['deploy_step', 'clean_step'] as const) {
    const step = fields.record(name)
    const { interface: side, step: what } = step
    if (typeof side === 'string' && typeof what === 'string') return `${side}.${what}`
  }
  return undefined
}

function heartbeatOf(fields: Fields): string | undefined {
  const at = fields.record('driver_internal_info')['agent_last_heartbeat']
  return typeof at === 'string' ? at : undefined
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function present<T extends object>(members: T): Present<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>
}
