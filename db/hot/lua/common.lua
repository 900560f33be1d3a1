-- A queue's member is the decision as JSON, its score the moment it was queued, in seconds. Beside the queues by
-- priority there is one for each NPC, `npc:decisions:of:{npc_id}`, with the priority as part of the score. A decision
-- in hand is in neither: LEASES tells when it comes back, CLAIMS who has it and where it belongs. What other programs
-- put into a queue is no decision of ours, and is left to them.
local leases, claims, attempts = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local function stamp(moment) return string.format('%.6f', moment) end
local function queue(priority) return 'npc:decisions:' .. priority end
local function own(npc_id) return 'npc:decisions:of:' .. npc_id end
local function read(member)
    local known, decision = pcall(cjson.decode, member)
    if known and type(decision) == 'table' and decision.decision_id and decision.npc_id then return decision end
end
local function put(member, priority, queued)
    redis.call('ZADD', queue(priority), queued, member)
    redis.call('ZADD', own(read(member).npc_id), stamp(priority * 1e10 + queued), member)
end
local function priority_of(member)
    local at = redis.call('ZSCORE', own(read(member).npc_id), member)
    return at and math.floor(at / 1e10)
end
local function remove(member, priority)
    redis.call('ZREM', own(read(member).npc_id), member)
    redis.call('ZREM', queue(priority), member)
end
local function hold(id, claim, member, priority, queued, ends)
    local held = {claim = claim, member = member, priority = priority, queued = queued}
    redis.call('HSET', claims, id, cjson.encode(held))
    redis.call('ZADD', leases, ends, id)
end
local function let_go(id)
    local held = redis.call('HGET', claims, id)
    redis.call('HDEL', claims, id)
    redis.call('ZREM', leases, id)
    return held and cjson.decode(held)
end
local function come_back(id)
    local held = let_go(id)
    if held then put(held.member, held.priority, held.queued) end
end
local function held_by(id)
    local held = redis.call('HGET', claims, id)
    return held and cjson.decode(held).claim
end
