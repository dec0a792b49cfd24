export { checkProperties, describingProperties } from './properties.ts'
export { pushImage } from './push-image.ts'
export type { Pushed, PushedImage, PushSource, PushStep, PushWishes, PushWorld } from './pushed.ts'
