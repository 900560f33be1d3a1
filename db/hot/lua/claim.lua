local most, claim, ends, npc_id, worlds = tonumber(ARGV[1]), ARGV[2], stamp(now + ARGV[3]), ARGV[4], ARGV[5]
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', stamp(now), 'LIMIT', 0, 1000)) do come_back(id) end

local found = {}
local function wanted(decision)
    return decision and (worlds == '*' or string.find(worlds, ',' .. decision.world_id .. ',', 1, true))
end
local function take(member, priority)
    local decision = read(member)
    if #found == most or not wanted(decision) then return false end
    local queued = redis.call('ZSCORE', queue(priority), member)
    remove(member, priority)
    if queued then
        local id = decision.decision_id
        hold(id, claim, member, priority, queued, ends)
        table.insert(found, {member, priority, redis.call('HINCRBY', attempts, id, 1)})
    end
    return true
end

if npc_id ~= '' then
    for _, member in ipairs(redis.call('ZRANGE', own(npc_id), 0, -1)) do take(member, priority_of(member)) end
else
    for priority = 0, 9 do
        local passed = 0
        while #found < most do
            local some = redis.call('ZRANGE', queue(priority), passed, passed + 99)
            if #some == 0 then break end
            for _, member in ipairs(some) do
                if not take(member, priority) then passed = passed + 1 end
            end
        end
    end
end
return {stamp(now), ends, found}
