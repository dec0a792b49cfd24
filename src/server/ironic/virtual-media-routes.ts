import type { Conductor } from '../../app/conductor/index.ts'
import type { Request, Routes } from '../route.ts'
import { fault } from './json-reply.ts'
import { invalid, objectOf } from './read-request.ts'

const DEVICES = ['cdrom', 'disk', 'floppy']
const SCHEMES = /^(https?|nfs|cifs):/i

/**
 * Images that a BMC shows its machine as a drive. No driver of the conductor does that: it answers as Ironic does for its driver ipmi
 * (ironic/drivers/base.py), after the same checks.
 */
export function virtualMediaRoutes({ machines }: Conductor): Routes {
  const unable = ({ parts }: Request, action: string) => {
    const { driver } = machines.find(parts['node'] ?? '')
    return fault(400, `Driver ${driver} does not support ${action} (disabled or not implemented).`)
  }
  const refuseDevice = (device: unknown): void => {
    if (typeof device === 'string' && DEVICES.includes(device)) return
    throw invalid(`a device is one of ${DEVICES.join(', ')}, not ${JSON.stringify(device)}`)
  }
  return {
    'GET /v1/nodes/{node}/vmedia': (request) => unable(request, 'get_virtual_media'),
    'POST /v1/nodes/{node}/vmedia': async (request) => {
      const { device_type: device, image_url: url } = objectOf(await request.text())
      refuseDevice(device)
      if (typeof url !== 'string' || !SCHEMES.test(url))
        throw invalid('image_url is a URL of http, https, nfs or cifs')
      return unable(request, 'attach_virtual_media')
    },
    'DELETE /v1/nodes/{node}/vmedia': (request) => {
      for (const device of request.query.getAll('device_types').flatMap((one) => one.split(',')))
        refuseDevice(device)
      return unable(request, 'detach_virtual_media')
    },
  }
}
