export { pushImage } from './push-image.ts'
export type { PushControl, PushOptions } from './push-image.ts'
export { checkProperties } from '../../../runtime/image/push/index.ts'
export type { Pushed, PushedImage, PushStep } from '../../../runtime/image/push/index.ts'
