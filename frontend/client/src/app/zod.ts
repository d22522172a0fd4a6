import { z } from 'zod'

// zod would compile its checks with `new Function`, which the content security policy refuses.
z.config({ jitless: true })

export { z }
